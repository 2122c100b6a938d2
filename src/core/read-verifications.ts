import { parsePhone } from './phone.ts'
import type { ListFilter, Ports } from './ports.ts'
import type { Caller } from './project.ts'
import { Refusal } from './refusal.ts'
import { scopeOf } from './send-code.ts'
import type { Verification, VerificationRecord } from './verification.ts'

/** Reads one verification: from its line, which is fresh, else from the ledger. */
export async function getVerification(
  ports: Ports,
  caller: Caller,
  id: string,
): Promise<VerificationRecord> {
  const scope = scopeOf(caller)
  const record = (await ports.lines.find(scope, id)) ?? (await ports.ledger.find(scope, id))
  if (record === undefined) throw new Refusal('not_found')
  return record
}

export interface ListRequest extends Omit<ListFilter, 'phoneHash'> {
  readonly phoneNumber?: string | undefined
}

export interface Page {
  /** Newest first. */
  readonly verifications: readonly Verification[]
  /** Where the next page goes on; absent on the last one. */
  readonly next?: { readonly createdAt: number; readonly id: string }
}

/** Lists a project's verifications from the ledger; those of one number with what is live too. */
export async function listVerifications(
  ports: Ports,
  caller: Caller,
  { phoneNumber, ...filter }: ListRequest,
): Promise<Page> {
  const oneMore = { ...filter, limit: filter.limit + 1 }
  const found =
    phoneNumber === undefined
      ? await ports.ledger.list(scopeOf(caller), oneMore)
      : await listOfNumber(ports, caller, phoneNumber, oneMore)
  const verifications = found.slice(0, filter.limit)
  const last = verifications.at(-1)
  if (found.length <= filter.limit || last === undefined) return { verifications }
  return { verifications, next: { createdAt: last.createdAt, id: last.id } }
}

async function listOfNumber(
  ports: Ports,
  caller: Caller,
  phoneNumber: string,
  filter: ListFilter,
): Promise<readonly Verification[]> {
  const { mode, project } = caller
  const number = parsePhone(phoneNumber, mode, project.settings.testNumbers)
  const scope = scopeOf(caller)
  const [live, past] = await Promise.all([
    ports.lines.ofNumber(scope, number),
    ports
      .hashNumber(mode, number.e164)
      .then((phoneHash) => ports.ledger.list(scope, { ...filter, phoneHash })),
  ])
  const fresh = live.map((record) => record.verification)
  const known = new Set(fresh.map(({ id }) => id))
  return [...fresh.filter(matches(filter)), ...past.filter(({ id }) => !known.has(id))]
    .toSorted(newestFirst)
    .slice(0, filter.limit)
}

/**
 * Finds what a check of a number asks: its pending verification of a purpose, else the latest. It
 * asks the line first, which is fresh, then the ledger.
 */
export async function latestVerification(
  ports: Ports,
  caller: Caller,
  { phoneNumber, purpose }: { readonly phoneNumber: string; readonly purpose: string },
): Promise<Verification> {
  const { mode, project } = caller
  const number = parsePhone(phoneNumber, mode, project.settings.testNumbers)
  const scope = scopeOf(caller)
  const known = (await ports.lines.ofNumber(scope, number))
    .map(({ verification }) => verification)
    .filter(matches({ purpose, limit: 1 }))
  const live = known.find(({ status }) => status === 'pending') ?? known[0]
  if (live !== undefined) return live
  const phoneHash = await ports.hashNumber(mode, number.e164)
  const [past] = await ports.ledger.list(scope, { phoneHash, purpose, limit: 1 })
  if (past === undefined) throw new Refusal('not_found')
  return past
}

const newestFirst = (a: Verification, b: Verification): number =>
  b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)

const matches =
  ({ purpose, status, country, from, to, after }: ListFilter) =>
  (verification: Verification): boolean =>
    (purpose === undefined || verification.purpose === purpose) &&
    (status === undefined || verification.status === status) &&
    (country === undefined || verification.phone.country === country) &&
    (from === undefined || verification.createdAt >= from) &&
    (to === undefined || verification.createdAt < to) &&
    (after === undefined ||
      verification.createdAt < after.createdAt ||
      (verification.createdAt === after.createdAt && verification.id < after.id))
