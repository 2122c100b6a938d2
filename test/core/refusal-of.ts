import { Refusal } from '../../src/core/refusal.ts'

/** The refusal that a call ends in; what else it throws goes through, and so does its success. */
export async function refusalOf(call: () => unknown): Promise<Refusal> {
  try {
    await call()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('Nothing was refused')
}
