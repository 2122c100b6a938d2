/**
 * Where lines of a country should live: the location hint nearest to most of its people
 * (https://developers.cloudflare.com/durable-objects/reference/data-location/). Countries that are
 * not named here have the hint of their calling region.
 */
const HINTS: Readonly<Partial<Record<DurableObjectLocationHint, string>>> = {
  enam: 'US CA BM GL PM AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI MX BZ CR GT HN NI PA SV',
  sam: 'AR BO BR CL CO EC FK GF GY PE PY SR UY VE',
  weur: 'GB IE FR ES PT DE NL BE LU CH AT IT MT AD MC SM VA GG IM JE IS DK NO SE FO GI LI AX SJ',
  eeur: 'EE LV LT FI PL CZ SK HU RO BG GR CY HR SI RS BA ME MK AL XK UA MD BY RU TR GE AM AZ KZ KG UZ TJ TM',
  apac: 'CN HK MO TW JP KR KP MN VN TH KH LA MM MY SG ID PH BN TL IN BD LK NP BT MV PK AF IO CC CX',
  oc: 'AU NZ FJ PG SB VU NC PF WS TO KI TV NR PW FM MH GU MP AS CK NU TK WF NF',
  afr: 'ZA NG KE GH TZ UG RW BI ET SO DJ ER SD SS CM CI SN ML BF NE TD CF GA CG CD AO ZM ZW MW MZ MG MU SC KM BW NA SZ LS GM GN GW SL LR TG BJ CV ST GQ RE YT SH TA MA DZ TN LY EG EH MR AC',
  me: 'AE SA QA KW BH OM YE IQ IR IL PS JO LB SY',
}

const HINT_OF = new Map(
  Object.entries(HINTS).flatMap(([hint, countries]) =>
    countries.split(' ').map((country) => [country, hint as DurableObjectLocationHint] as const),
  ),
)

/** The location hint of an ISO 3166-1 country; undefined leaves the choice to the platform. */
export const locationHintOf = (country: string): DurableObjectLocationHint | undefined =>
  HINT_OF.get(country)
