import { Validator, type Schema } from '@cfworker/json-schema'
import document from './specs/twilio-api.json'

export const SERVER = document.servers[0]?.url

const ACCOUNT = '/2010-04-01/Accounts/{AccountSid}'
const FORM = 'application/x-www-form-urlencoded'
const messages = document.paths[`${ACCOUNT}/Messages.json`].post
const calls = document.paths[`${ACCOUNT}/Calls.json`].post

interface Property {
  readonly type?: string
  readonly $ref?: string
}

interface Operation {
  readonly schema: { readonly properties: Readonly<Record<string, Property>> }
  /** Of each list, one field is to be there. */
  readonly alternatives: readonly (readonly string[])[]
  /** What only the descriptions of the document say. */
  readonly limits: Readonly<Record<string, object>>
}

const callback = { pattern: '^https?://[^_/]+/' }

const OPERATIONS = new Map<string, Operation>([
  [
    `${ACCOUNT}/Messages.json`,
    {
      schema: messages.requestBody.content[FORM].schema,
      alternatives: messages['x-twilio'].conditional,
      limits: {
        Body: { maxLength: 1600 },
        ValidityPeriod: { minimum: 1, maximum: 36_000 },
        StatusCallback: callback,
      },
    },
  ],
  [
    `${ACCOUNT}/Calls.json`,
    {
      schema: calls.requestBody.content[FORM].schema,
      alternatives: calls['x-twilio'].conditional,
      limits: {
        Twiml: { maxLength: 4000 },
        Timeout: { minimum: 1, maximum: 600 },
        StatusCallback: callback,
        StatusCallbackEvent: {
          items: { enum: ['initiated', 'ringing', 'answered', 'completed'] },
        },
      },
    },
  ],
])

/** What Twilio's document answers to a message and to a call. */
export const EXAMPLES = {
  message: messages.responses[201].content['application/json'].examples.create.value,
  call: calls.responses[201].content['application/json'].examples.create.value,
}

export const pathOf = (resource: 'Messages' | 'Calls', account: string): string =>
  `${ACCOUNT.replace('{AccountSid}', account)}/${resource}.json`

/** What is wrong with a form that goes to a path, by Twilio's own OpenAPI document. */
export function problemsOf(path: string, form: URLSearchParams): readonly string[] {
  const operation = OPERATIONS.get(path.replace(/AC[0-9a-f]{32}/, '{AccountSid}'))
  if (operation === undefined) return [`no operation ${path}`]
  const { schema, alternatives, limits } = operation
  const { components } = document
  const value = valueOf(form, schema.properties)
  const wrong = [{ ...schema, components, additionalProperties: false }, { properties: limits }]
    .flatMap((part) => new Validator(part as unknown as Schema, '4', false).validate(value).errors)
    .map(({ instanceLocation, error }) => `${instanceLocation} ${error}`)
  const unclear = alternatives
    .map((names) => names.map(pascalCase))
    .filter((names) => names.filter((name) => form.has(name)).length !== 1)
    .map((names) => `not one of ${names.join(', ')}`)
  return [...wrong, ...unclear]
}

/** A form as JSON, by the types of the schema. */
function valueOf(form: URLSearchParams, properties: Readonly<Record<string, Property>>): object {
  const names = [...new Set(form.keys())]
  return Object.fromEntries(
    names.map((name) => {
      const type = properties[name]?.type
      const values = form.getAll(name).map((text) => typed(text, type))
      return [name, type === 'array' || values.length > 1 ? values : values[0]]
    }),
  )
}

function typed(text: string, type: string | undefined): unknown {
  if (type === 'integer' && /^-?[0-9]+$/.test(text)) return Number(text)
  if (type === 'boolean' && /^(?:true|false)$/.test(text)) return text === 'true'
  return text
}

const pascalCase = (name: string): string =>
  name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
