import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { variables } from '../src/settings/variables.ts'

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')

const service = z.looseObject({
  image: z.string(),
  ports: z.array(z.string()).optional(),
  networks: z.array(z.string()),
  secrets: z.array(z.string()).optional(),
  mem_limit: z.string(),
  pids_limit: z.number(),
  restart: z.literal('unless-stopped'),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  logging: z.object({ driver: z.literal('json-file'), options: z.record(z.string(), z.string()) }),
  environment: z.record(z.string(), z.string()).optional(),
})
const file = z
  .looseObject({
    services: z.record(z.string(), service),
    networks: z.record(z.string(), z.looseObject({ internal: z.boolean().optional() }).nullable()),
    secrets: z.record(z.string(), z.object({ file: z.string() })),
  })
  // Every service is bounded, logs in rotation and gains no rights: the schema says so.
  .parse(parse(read('docker-compose.production.yml'), { merge: true }))
const services = Object.entries(file.services)

it('publishes ports of nginx alone', () => {
  expect(services.filter(([, { ports }]) => ports !== undefined).map(([name]) => name)).toEqual(['nginx'])
})

it('keeps all networks inside but the one that leads out, which no database is on', () => {
  const outside = Object.entries(file.networks).filter(([, network]) => network?.internal !== true)
  expect(outside.map(([name]) => name)).toEqual(['outside'])
  for (const name of ['postgres', 'redis']) expect(file.services[name]?.networks).toEqual(['data'])
})

it('names images by a variable with a version, and none by "latest"', () => {
  for (const [name, { image }] of services)
    expect(image, name).toMatch(/^\$\{[A-Z_]+:-[^}]+:(?!latest)[^}]+\}$/)
})

it('has secrets as files, and make-secrets.sh makes each of them', () => {
  const script = read('make-secrets.sh')
  for (const [name, { file: path }] of Object.entries(file.secrets)) {
    expect(path).toBe(`\${ALFRED_SECRETS:-/etc/alfred/secrets}/${name}`)
    expect(script).toContain(name)
  }
})

it('gives the database to roles: the app, the migrations and the exporter have one each', () => {
  const rolesOf = (name: string): string =>
    /\/\/(\w+)@/.exec(file.services[name]?.environment?.['DATABASE_URL'] ?? '')?.[1] ?? 'none'
  expect([rolesOf('app-a'), rolesOf('migrate')]).toEqual(['alfred_app', 'alfred_migrator'])
  expect(file.services['postgres-exporter']?.environment?.['DATA_SOURCE_USER']).toBe('alfred_exporter')
  const roles = read('../database/roles.sql')
  for (const [name, { secrets = [] }] of services) {
    const passwords = secrets.filter((secret) => secret.startsWith('postgres_'))
    if (name === 'postgres') {
      expect(passwords).toContain('postgres_password')
      for (const role of passwords.flatMap((secret) => /^postgres_(\w+)_password$/.exec(secret)?.[1] ?? []))
        expect(roles).toContain(`'alfred_${role}'`)
    } else expect(passwords, name).not.toContain('postgres_password')
  }
})

it('gives both slots the same, the key of the vault included', () => {
  const shared = (name: string): object => {
    const found = file.services[name]
    expect(found?.secrets).toContain('vault_key')
    return { ...found, image: undefined, volumes: undefined }
  }
  expect(shared('app-a')).toEqual(shared('app-b'))
})

it('passes every setting of an AI provider', () => {
  const given = Object.keys(file.services['app-a']?.environment ?? {})
  for (const prefix of ['OPENAI', 'ANTHROPIC']) {
    for (const name of ['API_KEY', 'ADMIN_KEY', 'BASE_URL', 'MODEL'])
      expect(given).toContain(`${prefix}_${name}`)
  }
  for (const name of ['OLLAMA_HOST', 'OLLAMA_MODEL', 'ALLOW_ANONYMOUS']) expect(given).toContain(name)
  expect(given.filter((name) => !(name.replace(/_FILE$/, '') in variables || name in variables))).toEqual([])
})

it('gives Grafana the Prometheus of the file and the folder of the dashboards', () => {
  const source = z
    .object({ datasources: z.tuple([z.looseObject({ type: z.literal('prometheus'), url: z.url() })]) })
    .parse(parse(read('monitoring/grafana/datasources/prometheus.yml')))
  const { hostname } = new URL(source.datasources[0].url)
  const { networks = [] } = file.services[hostname] ?? {}
  expect(file.services['grafana']?.networks.filter((name) => networks.includes(name))).not.toEqual([])
  const dashboards = z
    .looseObject({ providers: z.tuple([z.looseObject({ options: z.object({ path: z.string() }) })]) })
    .parse(parse(read('monitoring/grafana/dashboards/alfred.yml')))
  expect(file.services['grafana']?.['volumes']).toEqual([
    `./monitoring/dashboards:${dashboards.providers[0].options.path}:ro`,
    './monitoring/grafana:/etc/grafana/provisioning:ro',
    'grafana_data:/var/lib/grafana',
  ])
})
