import { publicHalf, type TokenKey } from '../../../src/core/token-keys.ts'

export const NAME = 'OTPOST_TOKEN_KEYS'
export const DAY = 24 * 60 * 60

/** The time in Unix seconds. */
export const seconds = () => Math.floor(Date.now() / 1000)

/** What is kept of a key once another one signs. */
export const retired = (key: TokenKey, at: number): TokenKey => ({
  ...publicHalf(key),
  retired_at: at,
})
