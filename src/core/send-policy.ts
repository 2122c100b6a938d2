import { closestTag, type Language } from './languages.ts'
import type { Caller, Channel, Project } from './project.ts'
import { Refusal } from './refusal.ts'
import { channelsOfKey, countriesOf } from './restrictions.ts'
import type { SendOrder } from './send-order.ts'

/**
 * Declines what the project's settings and the key do not allow, before anything is counted; what is
 * left are the channels that suit the number.
 */
export function allowedChannels(caller: Caller, order: SendOrder): readonly Channel[] {
  const { project, kind } = caller
  const { settings } = project
  const { number } = order
  if (project.paused) {
    throw new Refusal('project_paused', { detail: 'The project is paused: it sends nothing.' })
  }
  if (order.code !== undefined && (kind !== 'secret' || !settings.customCodes)) {
    throw new Refusal('custom_code_refused', {
      detail: 'Own codes need a secret key and the project setting customCodes.',
    })
  }
  if (order.message.text !== undefined && (kind !== 'secret' || !settings.customMessages)) {
    throw new Refusal('custom_text_refused', {
      detail: 'Own texts need a secret key and the project setting customMessages.',
    })
  }
  const channels = channelsOfKey(caller, order.channels)
  if (channels.length === 0) {
    throw new Refusal('channel_unavailable', {
      detail: `The key does not send by ${order.channels.join(' or ')}. Use another channel.`,
    })
  }
  if (number.testOnly) return channels
  refuseCountry(caller, number.country)
  const getsTexts = number.type !== 'landline' || settings.smsToFixedLines
  const suited = getsTexts ? channels : channels.filter((channel) => channel !== 'sms')
  if (suited.length > 0) return suited
  throw notAMobile()
}

function refuseCountry(caller: Caller, country: string): void {
  const countries = countriesOf(caller)
  if (countries === '*' || countries.includes(country)) return
  const { settings } = caller.project
  const isOfKey = settings.countries === '*' || settings.countries.includes(country)
  throw new Refusal('country_refused', {
    detail: isOfKey
      ? `The key does not send to ${country}.`
      : `The project does not send to ${country}. Add it to the setting countries.`,
  })
}

export const notAMobile = (): Refusal =>
  new Refusal('not_a_mobile', {
    detail: 'This is a fixed line, which gets no text messages. Use channel "call".',
  })

/** Finds the text of a project's template in a language, else in the closest one that it has. */
export function templateOf(
  project: Project,
  name: string | undefined,
  language: Language,
): string | undefined {
  if (name === undefined) return undefined
  const texts = Object.hasOwn(project.settings.templates, name)
    ? project.settings.templates[name]
    : undefined
  if (texts === undefined) {
    throw new Refusal('unknown_template', {
      detail: 'The project has no template of this name. Add it to the setting templates.',
    })
  }
  if (typeof texts === 'string') return texts
  return new Map(Object.entries(texts)).get(closestTag(Object.keys(texts), language) ?? '')
}
