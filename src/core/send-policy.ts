import type { Caller, Project } from './project.ts'
import { Refusal } from './refusal.ts'
import type { SendOrder } from './send-code.ts'

/** Declines what the project's settings do not allow, before anything is counted. */
export function refuseByPolicy({ project, kind, mode }: Caller, order: SendOrder): void {
  const { settings } = project
  const { number, channel } = order
  if (project.paused) {
    throw new Refusal('project_paused', { detail: 'The project is paused: it sends nothing.' })
  }
  if (order.code !== undefined && (kind !== 'secret' || !settings.customCodes)) {
    throw new Refusal('custom_code_refused', {
      detail: 'Own codes need a secret key and the project setting customCodes.',
    })
  }
  if (number.testOnly) return
  const everywhere = settings.countries === '*' || mode === 'test'
  if (!everywhere && !settings.countries.includes(number.country)) {
    throw new Refusal('country_refused', {
      detail: `The project does not send to ${number.country}. Add it to the setting countries.`,
    })
  }
  if (channel === 'sms' && number.fixedLine && !settings.smsToFixedLines) {
    throw new Refusal('not_a_mobile', {
      detail: 'This is a fixed line, which gets no text messages. Use channel "call".',
    })
  }
}

/** The text of a project's template. */
export function templateOf(project: Project, name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  const text = Object.hasOwn(project.settings.templates, name)
    ? project.settings.templates[name]
    : undefined
  if (text === undefined) {
    throw new Refusal('unknown_template', {
      detail: 'The project has no template of this name. Add it to the setting templates.',
    })
  }
  return text
}
