import type * as z from 'zod'
import type { Channel } from '../core/project.ts'
import { type Choice, senderFor } from './variables.ts'
import type { ApprovedTemplate } from './whatsapp-template.ts'

/** From what a vendor sends text and WhatsApp messages; it sends none where it has no sender. */
export interface MessageSenders {
  readonly sms: Choice | undefined
  readonly whatsapp: WhatsAppSender | undefined
}

export interface WhatsAppSender extends ApprovedTemplate {
  readonly from: string
}

interface Values {
  readonly FROM: Choice | undefined
  readonly WHATSAPP_FROM: string | undefined
  readonly WHATSAPP_TEMPLATE: string | undefined
  readonly WHATSAPP_LANGUAGES: readonly string[]
}

/** Joins what variables say, whose names begin with a prefix; at least one channel must be there. */
export function messageSenders(
  prefix: string,
  {
    FROM: sms,
    WHATSAPP_FROM: from,
    WHATSAPP_TEMPLATE: name,
    WHATSAPP_LANGUAGES: languages,
  }: Values,
  context: z.RefinementCtx,
): MessageSenders {
  const missing = (variable: string, why: string) =>
    context.addIssue({ code: 'custom', path: [prefix + variable], message: `is missing, ${why}` })
  if (from !== undefined && name !== undefined) return { sms, whatsapp: { from, name, languages } }
  if (name !== undefined) missing('WHATSAPP_FROM', `but ${prefix}WHATSAPP_TEMPLATE is set`)
  else if (from !== undefined) missing('WHATSAPP_TEMPLATE', `but ${prefix}WHATSAPP_FROM is set`)
  else if (sms === undefined) missing('FROM', `and so is ${prefix}WHATSAPP_FROM: set one of them`)
  return { sms, whatsapp: undefined }
}

/** The channels that have a sender. */
export const channelsOf = ({ sms, whatsapp }: MessageSenders): readonly Channel[] => [
  ...(sms === undefined ? [] : (['sms'] as const)),
  ...(whatsapp === undefined ? [] : (['whatsapp'] as const)),
]

/** The sender for a channel in a country; undefined when there is none. */
export function senderOn(
  { sms, whatsapp }: MessageSenders,
  channel: Channel,
  country: string,
): string | undefined {
  if (channel === 'whatsapp') return whatsapp?.from
  return channel === 'sms' && sms !== undefined ? senderFor(sms, country) : undefined
}
