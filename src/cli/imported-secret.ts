import { LONGEST_KEY } from '../core/project.ts'
import { Failure } from './command.ts'
import { estimateBits } from './secrets.ts'

const FEWEST_BITS = 128

/** Trims one line end from a secret that was read, and refuses one that is no strong API key. */
export function checkImportedSecret(input: string): string {
  const secret = input.replace(/\r?\n$/, '')
  if (secret === '') {
    throw new Failure('No secret came by standard input: npm run key -- import … < secret.txt')
  }
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    throw new Failure(
      'The secret holds spaces, line breaks or characters outside ASCII, which no client can ' +
        'send: put only the secret into the file.',
    )
  }
  if (secret.includes(':')) {
    throw new Failure(
      'The secret holds a colon, which ends the user name in Basic authentication: no client could ' +
        'send it so. Make a new key instead with npm run key -- create.',
    )
  }
  if (secret.length > LONGEST_KEY) {
    throw new Failure(`The secret is longer than ${LONGEST_KEY} characters: import a shorter one.`)
  }
  const bits = estimateBits(secret)
  if (bits >= FEWEST_BITS) return secret
  throw new Failure(
    `The secret is too weak: about ${bits} bits, and ${FEWEST_BITS} are needed. ` +
      'Make a new key instead with npm run key -- create.',
  )
}
