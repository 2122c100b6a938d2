import { canUnseal, seal, unseal, type CodeKeys } from '../core/keys.ts'
import type { OutboundMessage, PlannedDelivery } from '../core/messenger.ts'
import type { Inbox as InboxPort, InboxMessage } from '../core/ports.ts'
import type { Scope } from '../core/project.ts'
import { spokenCode, spokenPrompt, voiceOf } from '../core/voice.ts'
import { callObject } from '../objects/call-object.ts'
import type { Inbox } from './inbox.ts'

type Methods = Pick<Inbox, 'add' | 'list'>

/** A message with the delivery that brings it. */
interface Delivered extends OutboundMessage {
  readonly delivery: PlannedDelivery
}

export interface InboxClient extends InboxPort {
  readonly add: (message: Delivered) => Promise<void>
}

/** Reaches the inboxes; what they keep is sealed here. */
export function inboxes(
  namespace: DurableObjectNamespace<Inbox>,
  codeKeys: () => Promise<CodeKeys>,
): InboxClient {
  const nameOf = ({ projectId, mode }: Scope) => `${projectId}/${mode}`
  const stubOf = (name: string) => namespace.getByName(name) as unknown as Methods
  return {
    async add(message) {
      const name = nameOf(message.scope)
      const kept: InboxMessage = {
        to: message.to,
        channel: message.delivery.channel,
        provider: 'inbox',
        body: bodyOf(message),
        code: message.code,
        verificationId: message.verificationId,
        at: new Date().toISOString(),
      }
      const sealed = await seal(await codeKeys(), name, JSON.stringify(kept))
      await callObject(
        () => stubOf(name),
        (stub) => stub.add(sealed),
      )
    },
    async list(scope) {
      const name = nameOf(scope)
      const keys = await codeKeys()
      const sealed = await callObject(
        () => stubOf(name),
        (stub) => stub.list(),
      )
      return Promise.all(
        sealed
          .filter((message) => canUnseal(keys, message))
          .map(async (message) => JSON.parse(await unseal(keys, name, message)) as InboxMessage),
      )
    },
  }
}

/** What the person would read or hear. */
function bodyOf({ delivery, text, language, country, brand, code }: Delivered): string {
  if (delivery.channel !== 'call') return text
  const voice = voiceOf(language, country)
  return `${spokenPrompt(voice, brand)} ${spokenCode(voice, code)}`
}
