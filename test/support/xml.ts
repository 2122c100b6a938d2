import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { expect } from 'vitest'

export type Members = Readonly<Record<string, unknown>>

const parser = new XMLParser({
  ignoreAttributes: false,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
})

/** Reads XML as Ruby on Rails does (`Hash.from_xml`): the type of a node is in its attribute. */
export function fromXml(text: string): { readonly root: string; readonly members: Members } {
  expect(XMLValidator.validate(text)).toBe(true)
  const [[root, nodes] = ['', {}]] = Object.entries(
    parser.parse(text) as Record<string, Record<string, unknown>>,
  )
  const members = Object.entries(nodes).map(([name, node]) => [
    name.replaceAll('-', '_'),
    valueOf(node),
  ])
  return { root, members: Object.fromEntries(members) as Members }
}

function valueOf(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node
  const typed = node as Readonly<Record<string, string>>
  if (typed['@_nil'] === 'true') return null
  const text = typed['#text'] ?? ''
  const type = typed['@_type']
  if (type === 'boolean') return text === 'true'
  return type === 'integer' ? Number(text) : text
}
