import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { FailureKind } from '../../src/core/messenger.ts'
import { CHANNELS, type Channel } from '../../src/core/project.ts'
import { joinFacts, type DeliveryFacts } from '../../src/core/verification.ts'
import { endingOf, SCRIPTED_NUMBERS } from '../../src/providers/carrier-script.ts'

const page = readFileSync(new URL('../../docs/scripted-carrier.md', import.meta.url), 'utf8')

const cellsOf = (line: string) =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())

/** Lines of the tables in which a number stands first. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `+'))
  .map(cellsOf)

/** Status codes of a start all of whose tries ended so. */
const STATUS_CODES = {
  unreachable: 503,
  throttled: 503,
  misconfigured: 503,
  not_on_channel: 422,
  unknown: 503,
  bad_number: 422,
} as const satisfies Record<FailureKind, number>

/** What the API answers: the start's status code, then each status that the delivery gets. */
function answerOf(number: string, channel: Channel): string {
  const { answer, after } = endingOf(number, channel)
  if (answer === 'hang') return `${STATUS_CODES.unknown}: unknown`
  if (answer !== 'sent') return `${STATUS_CODES[answer]}: failed`
  let facts: DeliveryFacts = { status: 'sent', error: null, price: null, currency: null }
  const statuses = new Set<string>([facts.status])
  for (const step of after) {
    if ('report' in step) facts = joinFacts(facts, step.report)
    statuses.add(facts.status)
  }
  return `201: ${[...statuses].join(', ')}`
}

describe('docs/scripted-carrier.md', () => {
  it('says of every number what its script says', () => {
    expect(rows.map(([number, does]) => [number, does])).toEqual(
      SCRIPTED_NUMBERS.map(({ number, does }) => [`\`${number}\``, does]),
    )
  })

  it.each(SCRIPTED_NUMBERS)('says what the API answers for $number', ({ number }) => {
    const row = rows.find(([first]) => first === `\`${number}\``) ?? []
    expect(row.slice(2)).toEqual(CHANNELS.map((channel) => answerOf(number, channel)))
  })
})
