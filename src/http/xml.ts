import XmlBuilder from 'fast-xml-builder'
import { xmlText } from '../core/text.ts'

export type XmlMembers = Readonly<Record<string, string | number | boolean | null>>

const builder = new XmlBuilder({
  ignoreAttributes: false,
  suppressEmptyNode: true,
  suppressBooleanAttributes: false,
})

/**
 * Writes an object as the `to_xml` of Ruby on Rails does: dashes in names, and the type of whatever
 * is no text in an attribute.
 */
export function toXml(root: string, members: XmlMembers): string {
  const nodes = Object.entries(members).map(([name, value]) => [dasherized(name), nodeOf(value)])
  const xml = builder.build({
    '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' },
    [root]: Object.fromEntries(nodes) as object,
  })
  // As it is, a parser reads it as a line feed.
  return xml.replaceAll('\r', '&#13;')
}

const dasherized = (name: string): string => name.replaceAll('_', '-')

function nodeOf(value: XmlMembers[string]): unknown {
  if (value === null) return { '@_nil': 'true' }
  if (typeof value === 'string') return xmlText(value)
  const type = typeof value === 'boolean' ? 'boolean' : 'integer'
  return { '@_type': type, '#text': String(value) }
}
