/** The npm packages for Authy's API; neither has types of its own. */
declare module 'authy' {
  type Done = (error: unknown, body: unknown) => void

  interface Phones {
    verification_start(
      phone: string,
      countryCode: string,
      params: object | string,
      done: Done,
    ): void
    verification_check(phone: string, countryCode: string, code: string, done: Done): void
    verification_status(phone: string, countryCode: string, done: Done): void
    info(phone: string, countryCode: string, done: Done): void
  }

  const authy: (apiKey: string, url: string) => { phones(): Phones }
  export default authy
}

declare module 'authy-client' {
  interface Phone {
    readonly countryCode: string
    readonly phone: string
  }

  export class Client {
    constructor(key: { readonly key: string }, options: { readonly host: string })
    startPhoneVerification(
      phone: Phone & { readonly via: string; readonly locale?: string },
    ): PromiseLike<Record<string, unknown>>
    verifyPhone(phone: Phone & { readonly token: string }): PromiseLike<Record<string, unknown>>
    getPhoneInformation(phone: Phone): PromiseLike<Record<string, unknown>>
  }
}
