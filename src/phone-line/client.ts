import { hashNumber, lineOf, lineOfId, mintId, type IdPrefix, type Line } from '../core/ids.ts'
import { canUnseal, seal, unseal, type CodeKeys, type NumberKeys } from '../core/keys.ts'
import { parsePhone, type PhoneNumber } from '../core/phone.ts'
import type { AnyNumber, PhoneLines } from '../core/ports.ts'
import type { Mode } from '../core/project.ts'
import type { SealedPhone } from '../core/verification.ts'
import { callObject } from '../objects/call-object.ts'
import { locationHintOf } from './location.ts'
import type { PhoneLineObject } from './phone-line.ts'

type Methods = Pick<
  PhoneLineObject<unknown>,
  | 'admit'
  | 'settle'
  | 'challenge'
  | 'check'
  | 'cancel'
  | 'end'
  | 'spendProof'
  | 'find'
  | 'ofNumber'
  | 'receive'
  | 'speak'
  | 'facts'
  | 'keepFacts'
>

interface LineKeys {
  readonly numbers: NumberKeys
  readonly codes: CodeKeys
}

/** Context that binds a sealed number to its use. */
const PHONE = 'phone-number'

/** Reaches the lines: names each by its number's keyed hash, and keeps numbers in clear out of them. */
export function phoneLines(
  namespace: DurableObjectNamespace<PhoneLineObject<unknown>>,
  loadKeys: () => Promise<LineKeys>,
): PhoneLines {
  const call = <T>(line: Line, country: string | undefined, ask: (stub: Methods) => Promise<T>) => {
    const locationHint = country === undefined ? undefined : locationHintOf(country)
    return callObject(
      () =>
        namespace.getByName(line.toHex(), locationHint && { locationHint }) as unknown as Methods,
      ask,
    )
  }

  const byId = async <T>(
    id: string,
    ask: (stub: Methods) => Promise<T>,
    prefix: IdPrefix = 'ver',
  ): Promise<T | undefined> => {
    const { numbers } = await loadKeys()
    const line = await lineOfId(numbers, prefix, id)
    return line && call(line, undefined, ask)
  }

  const hashOf = async (mode: Mode, number: AnyNumber) =>
    'hash' in number
      ? Uint8Array.fromHex(number.hash)
      : hashNumber((await loadKeys()).numbers, mode, number.e164)

  const sealPhone = async (
    codes: CodeKeys,
    number: PhoneNumber,
    hash: Uint8Array,
  ): Promise<SealedPhone> => ({
    hash: hash.toHex(),
    last4: number.e164.slice(-4),
    sealed: await seal(codes, PHONE, number.e164),
    country: number.country,
  })

  return {
    async admit(scope, { number, stops, ...send }) {
      const { numbers, codes } = await loadKeys()
      const hash = await hashNumber(numbers, scope.mode, number.e164)
      const line = lineOf(hash)
      const [newId, phone, deliveries] = await Promise.all([
        mintId(numbers, 'ver', line),
        sealPhone(codes, number, hash),
        Promise.all(
          stops.map(async (stop) => ({ ...stop, id: await mintId(numbers, 'del', line) })),
        ),
      ])
      return call(line, number.country, (stub) =>
        stub.admit(scope, { ...send, phone, newId, deliveries }),
      )
    },
    settle: (scope, id, operationId, tries) =>
      byId(id, (stub) => stub.settle(scope, id, operationId, tries)),
    async challenge(scope, request) {
      const line = lineOf(Uint8Array.fromHex(request.phone.hash))
      const newId = await mintId((await loadKeys()).numbers, 'ver', line)
      return call(line, request.phone.country, (stub) =>
        stub.challenge(scope, { ...request, newId }),
      )
    },
    async check(scope, { name, ...question }) {
      if (!('number' in name)) {
        const answer = await byId(name.id, (stub) => stub.check(scope, { ...question, name }))
        return answer ?? { outcome: 'unknown' }
      }
      const { number, purpose, id } = name
      const hash = await hashOf(scope.mode, number)
      const inLine = { numberHash: hash.toHex(), purpose, id }
      return call(lineOf(hash), number.country, (stub) =>
        stub.check(scope, { ...question, name: inLine }),
      )
    },
    cancel: (scope, id) => byId(id, (stub) => stub.cancel(scope, id)),
    spendProof: (scope, id, operationId) =>
      byId(id, (stub) => stub.spendProof(scope, id, operationId)),
    end: (scope, { hash, country }, purposes, channel) =>
      call(lineOf(Uint8Array.fromHex(hash)), country, (stub) =>
        stub.end(scope, hash, purposes, channel),
      ),
    find: (scope, id) => byId(id, (stub) => stub.find(scope, id)),
    async ofNumber(scope, number) {
      const hash = await hashOf(scope.mode, number)
      return call(lineOf(hash), number.country, (stub) => stub.ofNumber(scope, hash.toHex()))
    },
    async receive(id, provider, report) {
      const answer = await byId(id, (stub) => stub.receive(id, provider, report), 'del')
      return answer ?? { outcome: 'unknown' }
    },
    speak: (id, provider, operationId) =>
      byId(id, (stub) => stub.speak(id, provider, operationId), 'del'),
    async facts(mode, number) {
      const hash = await hashOf(mode, number)
      return call(lineOf(hash), number.country, (stub) => stub.facts(hash.toHex()))
    },
    async keepFacts(mode, number, facts) {
      const hash = await hashOf(mode, number)
      return call(lineOf(hash), number.country, (stub) => stub.keepFacts(hash.toHex(), facts))
    },
    async seal(mode, number) {
      const { numbers, codes } = await loadKeys()
      return sealPhone(codes, number, await hashNumber(numbers, mode, number.e164))
    },
    async reveal({ phone, mode }) {
      const { codes } = await loadKeys()
      if (!canUnseal(codes, phone.sealed)) return undefined
      const number = await unseal(codes, PHONE, phone.sealed)
      return parsePhone(number, mode, mode === 'test' ? [{ number, code: '', until: '' }] : [])
    },
  }
}
