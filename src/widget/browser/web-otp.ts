interface OtpCredential extends Credential {
  readonly code: string
}

/**
 * Waits for a text message bound to this page, where the browser can
 * (https://wicg.github.io/web-otp/); gives nothing when it cannot, or the person declines.
 */
export async function receiveCode(signal: AbortSignal): Promise<string | undefined> {
  if (!('OTPCredential' in globalThis)) return undefined
  try {
    const options = { otp: { transport: ['sms'] }, signal } as CredentialRequestOptions
    const credential = (await navigator.credentials.get(options)) as OtpCredential | null
    return credential?.code
  } catch {
    return undefined
  }
}
