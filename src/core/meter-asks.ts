import type { MeterAsk, Ports } from './ports.ts'
import type { Caller, SendWindow } from './project.ts'
import type { SendOrder } from './send-order.ts'

const DAY_SECONDS = 86_400

/** Everything but a phone number that counts this message. */
export async function meterAsks(
  ports: Pick<Ports, 'pseudonym'>,
  caller: Caller,
  order: SendOrder,
): Promise<MeterAsk[]> {
  const { project, mode } = caller
  const { sendsPerDay, sendsPerCountryPerDay, meterShards } = project.settings
  const asks: MeterAsk[] = []
  if (mode === 'live') {
    const quotas = [
      { counter: 'project', limit: sendsPerDay, seconds: DAY_SECONDS },
      { counter: order.number.country, limit: sendsPerCountryPerDay, seconds: DAY_SECONDS },
    ].flatMap(({ limit, ...quota }) => (limit === null ? [] : [{ ...quota, limit }]))
    asks.push({
      name: `project:${project.id}`,
      shards: meterShards,
      quotas,
      code: 'too_many_project_sends',
    })
  }
  if (caller.kind === 'publishable') {
    asks.push({
      name: `key:${caller.keyHash}`,
      shards: meterShards,
      quotas: [{ counter: 'key', limit: caller.restrictions.sendsPerDay, seconds: DAY_SECONDS }],
      code: 'too_many_key_sends',
    })
  }
  const isFromPage = caller.kind === 'publishable' && order.verificationId === undefined
  if (order.ip !== undefined || isFromPage) {
    asks.push({
      name: `ip:${await nameOfAddress(ports, caller, order.ip)}`,
      shards: 1,
      quotas: startsPerIpOf(caller).map((window) => ({
        ...window,
        counter: `ip/${window.seconds}`,
      })),
      code: 'too_many_ip_sends',
      // Else strangers could ask vendors about any number, as long as none can be reached.
      countsAsking: caller.kind === 'publishable',
    })
  }
  return asks.filter((ask) => ask.quotas.length > 0)
}

const startsPerIpOf = (caller: Caller): readonly SendWindow[] =>
  (caller.kind === 'publishable' ? caller.restrictions.startsPerIp : undefined) ??
  caller.project.settings.startsPerIp

/** What counts an end user's address in a project; all that are not known are one. */
export const nameOfAddress = (
  { pseudonym }: Pick<Ports, 'pseudonym'>,
  { project, mode }: Caller,
  ip: string | undefined,
): Promise<string> =>
  pseudonym(`${project.id} ${mode} ${ip === undefined ? 'unknown' : ipBlock(ip)}`)

/** The part of an address that one user holds: all of IPv4, the first 64 bits of IPv6. */
function ipBlock(ip: string): string {
  if (!ip.includes(':')) return ip
  const canonical = new URL(`http://[${ip}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical)
  if (mapped !== null) return dotted(mapped.slice(1).map((part) => parseInt(part, 16)))
  const [head = '', tail] = canonical.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, 4).join(':')
}

/** An IPv4 address out of the two halves that an IPv6 address holds it in. */
const dotted = (halves: readonly number[]): string =>
  halves.flatMap((half) => [half >> 8, half & 255]).join('.')
