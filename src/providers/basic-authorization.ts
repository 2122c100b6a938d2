import { bytesOf } from '../core/text.ts'

/** Writes credentials as Basic authentication wants them, in UTF-8 (RFC 7617). */
export const basicAuthorization = (user: string, password: string): string =>
  `Basic ${btoa(String.fromCharCode(...bytesOf(`${user}:${password}`)))}`
