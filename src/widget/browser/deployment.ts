import { COUNTRIES } from './calling-codes.ts'
import { Otpost, OtpostError, type OtpostConfiguration } from './client.ts'

/** An otpost deployment as one key sees it; the configuration is asked for once. */
export class Deployment {
  readonly client: Otpost
  /** Undefined until the deployment has answered. */
  configuration: OtpostConfiguration | undefined
  #asking: Promise<OtpostConfiguration> | undefined

  constructor(options: { readonly publishableKey: string; readonly api: string }) {
    this.client = new Otpost(options)
  }

  /** Asks again after a failure only. */
  configure(): Promise<OtpostConfiguration> {
    this.#asking ??= this.client.configuration().then(
      (configuration) => (this.configuration = configuration),
      (error: unknown) => {
        this.#asking = undefined
        throw error
      },
    )
    return this.#asking
  }

  /** The countries of the key; all until they are known. */
  get countries(): readonly string[] {
    const countries = this.configuration?.countries ?? '*'
    return countries === '*' ? COUNTRIES : countries
  }

  refuseCountry(country: string | undefined): void {
    if (country !== undefined && this.countries.includes(country)) return
    throw new OtpostError({
      code: 'country_refused',
      status: 0,
      detail: 'The key does not allow the country of this number.',
    })
  }
}

/** Guesses a country by the languages that the browser asks for. */
export function likelyCountry(languages: readonly string[], countries: readonly string[]): string {
  const regions = languages.map((tag) => new Intl.Locale(tag).maximize().region ?? '')
  return regions.find((region) => countries.includes(region)) ?? countries[0] ?? ''
}
