/** The project of `npm start`: well known, so it exists in local databases only. */
export const LOCAL = {
  id: '000000000000000000000001',
  name: 'local',
  adminToken: 'admin_local',
  settings: { brand: 'otpost', countries: '*', sendsPerDay: null, sendsPerCountryPerDay: null },
  keys: [
    { secret: 'sk_test_local', kind: 'secret', mode: 'test', restrictions: {} },
    {
      secret: 'pk_test_local',
      kind: 'publishable',
      mode: 'test',
      restrictions: {
        origins: ['localhost'],
        sendsPerDay: 10_000_000,
        startsPerIp: [],
        turnstile: false,
      },
    },
    { secret: 'sk_live_local', kind: 'secret', mode: 'live', restrictions: {} },
  ],
} as const
