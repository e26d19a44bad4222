import { basename } from 'node:path'
import { packPublicPackages } from '../../../../scripts/pack-public-packages.ts'
import { interleave } from '../measure/interleave.ts'
import { median } from '../measure/statistics.ts'
import type { BenchReport, Progress } from '../report/bench-area.ts'
import { describeMachine } from '../report/machine.ts'
import { installProject } from './installed-project.ts'

const rounds = 11

/** What a server without Redis and without HTML of users installs to have what the guard has. */
const peers = {
  helmet: '8',
  cors: '2',
  'express-rate-limit': '8',
  'express-prom-bundle': '8',
  'prom-client': '15',
  '@godaddy/terminus': '4',
  '@opentelemetry/api': '1',
  zod: '4',
}

const constructOurs = `
  const { alfredHardening } = await import('@alfred/prod-security')
  alfredHardening({ cors: { origin: ['https://app.example.com'] } })`

const constructPeers = `
  const [{ default: helmet }, { default: cors }, { rateLimit }, { default: bundle }] = await Promise.all([
    import('helmet'), import('cors'), import('express-rate-limit'), import('express-prom-bundle'),
    import('@godaddy/terminus'), import('@opentelemetry/api'), import('zod'),
  ])
  helmet(); cors({ origin: ['https://app.example.com'] }); rateLimit({ limit: 100 }); bundle({ includeMethod: true })`

/** What installing and starting the whole guard costs, beside the peers that it replaces. */
export async function runInstall(progress: Progress): Promise<BenchReport> {
  progress('packing the packages')
  const tarballs = await packPublicPackages('.cache/bench-packed')
  const packed = Object.fromEntries(
    tarballs.map((path) => [
      basename(path).replace(/^alfred-(.+)-\d+\.\d+\.\d+.*$/, '@alfred/$1'),
      `file:${path}`,
    ]),
  )
  progress('installing')
  await using ours = await installProject({ ...packed, '@opentelemetry/api': '1' })
  await using theirs = await installProject(peers)
  const sides = { ours: { ...ours, code: constructOurs }, peers: { ...theirs, code: constructPeers } }
  const names = ['ours', 'peers'] as const
  const samples = await interleave(names, rounds, (name) => sides[name].measure(sides[name].code))
  const figuresOf = (name: (typeof names)[number]) => ({
    installedMb: Number((sides[name].bytes / 1e6).toFixed(1)),
    packages: sides[name].packages,
    importAndConstructMs: Number(median(samples[name]).toFixed(1)),
  })
  const figures = { ours: figuresOf('ours'), peers: figuresOf('peers') }
  return {
    how: [
      `Both by npm, into empty projects. peers: ${Object.keys(peers).join(', ')}. Optional peers and Express are left out on both sides.`,
      `Import and construction in a new process, once node:http is loaded: the median of ${String(rounds)} taken in turn.`,
      describeMachine(),
    ],
    table: {
      columns: ['what', 'installed MB', 'packages', 'import + construct ms'],
      rows: names.map((name) => {
        const { installedMb, packages, importAndConstructMs } = figures[name]
        return [name, installedMb.toFixed(1), String(packages), importAndConstructMs.toFixed(1)]
      }),
    },
    figures,
  }
}
