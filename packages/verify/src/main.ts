/** Long evidence runs: `pnpm verify <name> [--json]`. With `--json` the last line printed is one JSON object of figures. */
import { verifyAdoption } from './adoption/verify-adoption.ts'
import { verifyAdvisories } from './advisories/verify-advisories.ts'
import { verifyAggregation } from './aggregation/verify-aggregation.ts'
import { verifyBudget } from './budget/verify-budget.ts'
import { verifyCertificates } from './certificates/verify-certificates.ts'
import { verifyContainer } from './container/verify-container.ts'
import { verifyConversations } from './conversations/verify-conversations.ts'
import { verifyDrain } from './drain/verify-drain.ts'
import { verifyFalsePositives } from './false-positives/verify-false-positives.ts'
import { verifyFileStores } from './file-stores/verify-file-stores.ts'
import { verifyHostile } from './hostile/verify-hostile.ts'
import { verifyLimiterFaults } from './limiter-faults/verify-limiter-faults.ts'
import { verifyLimiterPromises } from './limiter-promises/verify-limiter-promises.ts'
import { verifyHtmlExactness } from './html-exactness/verify-html-exactness.ts'
import { verifyLoad } from './load/verify-load.ts'
import { verifyMonitoring } from './monitoring/verify-monitoring.ts'
import { verifyMutants } from './mutants/verify-mutants.ts'
import { verifyObservatory } from './observatory/verify-observatory.ts'
import { verifyProxies } from './proxies/verify-proxies.ts'
import { verifyProviders } from './providers/verify-providers.ts'
import { verifyRestore } from './restore/verify-restore.ts'
import { verifyRotationContention } from './rotation/verify-rotation-contention.ts'
import { verifyRotationLoad } from './rotation/verify-rotation-load.ts'
import { verifyRotationCrash } from './rotation/verify-rotation-crash.ts'
import { verifyRotationFaults } from './rotation-faults/verify-rotation-faults.ts'
import { verifyRollout } from './rollout/verify-rollout.ts'
import { verifyStack } from './stack/verify-stack.ts'
import { verifyTargets } from './targets/verify-targets.ts'
import { verifyTls } from './tls/verify-tls.ts'
import { verifyTraces } from './traces/verify-traces.ts'
import { verifyValidationBounds } from './validation-bounds/verify-validation-bounds.ts'
import { verifyXss } from './xss/verify-xss.ts'

type Figures = Readonly<Record<string, unknown>>

const runs: Readonly<Record<string, { readonly what: string; run(): Promise<Figures> }>> = {
  adoption: {
    what: "run Express' own tests, from the checkout in EXPRESS_CHECKOUT, with the guard in every application",
    run: verifyAdoption,
  },
  advisories: {
    what: 'replay public advisories of the field on Express 4, Express 5 and node:http',
    run: verifyAdvisories,
  },
  aggregation: {
    what: 'let workers and threads come, hang and go under a real Prometheus, and compare what it counts',
    run: () => verifyAggregation(),
  },
  budget: {
    what: 'spend a budget from two instances, 64 questions at a time each, with crashes in between',
    run: verifyBudget,
  },
  certificates: {
    what: 'renew the certificate by real ACME under load; break the renewal and wait for the alert',
    run: verifyCertificates,
  },
  container: {
    what: 'build the image, start the compose file, ask the server, stop it',
    run: verifyContainer,
  },
  conversations: {
    what: 'kill, restart, flush, leave and cut at every tenth of an answer: what is lost, what comes twice',
    run: verifyConversations,
  },
  drain: {
    what: 'restart two instances behind a balancer under requests, SSE and WebSocket clients',
    run: verifyDrain,
  },
  'false-positives': {
    what: 'refuse and flag chat messages of the corpora in ALFRED_CORPORA, in the halves that nobody tuned on',
    run: verifyFalsePositives,
  },
  'file-stores': {
    what: 'busy, killed and stopped writers on stores in files, and every byte of them flipped',
    run: verifyFileStores,
  },
  hostile: {
    what: 'send malformed and hostile requests to Express 4, Express 5 and node:http behind the whole stack',
    run: verifyHostile,
  },
  'limiter-faults': {
    what: 'break Redis under a loaded rate limiter in seven ways',
    run: verifyLimiterFaults,
  },
  'limiter-promises': {
    what: 'change rules, plans and clocks, give back and block, and wait as clients are told',
    run: () => verifyLimiterPromises(1, console.error),
  },
  load: {
    what: '200 chats by events, 200 by WebSocket and API traffic on two instances, beside the production targets',
    run: verifyLoad,
  },
  monitoring: {
    what: 'a fault under a real Prometheus and Alertmanager; every query of every dashboard',
    run: verifyMonitoring,
  },
  mutants: {
    what: 'change the sources in many ways and count how often the unit tests notice',
    run: verifyMutants,
  },
  'html-exactness': {
    what: 'compare sanitised HTML with DOMPurify on a million strings and every corpus',
    run: verifyHtmlExactness,
  },
  observatory: {
    what: 'grade the header presets with the MDN HTTP Observatory and csp_evaluator',
    run: verifyObservatory,
  },
  providers: {
    what: 'play what three AI providers may put on the wire; let one client provoke refusals while others ask',
    run: verifyProviders,
  },
  proxies: {
    what: 'the header forms of all common proxies, with attempts to spoof them, through the whole stack',
    run: verifyProxies,
  },
  restore: {
    what: 'damage backups in every way, restore them; drop a table and lose the server under load',
    run: verifyRestore,
  },
  rollout: {
    what: 'deploy and go back under load, kill the deployer, deploy what cannot serve; with controls that must fail',
    run: verifyRollout,
  },
  stack: {
    what: 'the production stack from nothing, a chat over TLS, a deployment under load, a fault that monitoring sees',
    run: verifyStack,
  },
  targets: {
    what: 'send generated request targets to every router behind the guard: which routes ran past their rules',
    run: verifyTargets,
  },
  tls: {
    what: 'let testssl.sh look at the edge: grade, protocols, ciphers, the group with ML-KEM',
    run: verifyTls,
  },
  traces: {
    what: 'look for the parent of every span, behind every layer; run the cases of the W3C suite',
    run: verifyTraces,
  },
  'validation-bounds': {
    what: 'what hostile input costs: the longest block, the heap, and what limits let through',
    run: verifyValidationBounds,
  },
  xss: {
    what: 'run every payload in Chromium and Firefox: raw, and through every output',
    run: verifyXss,
  },
  'rotation-contention': {
    what: 'let 64 instances in 8 processes ask for the same rotation, a hundred times on two stores',
    run: verifyRotationContention,
  },
  'rotation-faults': {
    what: 'live through 95 days with one fault of clocks, provider, key service or store, in 608 ways',
    run: verifyRotationFaults,
  },
  'rotation-load': {
    what: 'rotate keys while clients stream and ask, with a provider that refuses revoked ones',
    run: verifyRotationLoad,
  },
  'rotation-crash': {
    what: 'kill a process that rotates a key at every persisted step, on every store that lasts',
    run: verifyRotationCrash,
  },
}

const name = process.argv.slice(2).find((argument) => !argument.startsWith('--'))
const chosen = name === undefined ? undefined : runs[name]
if (!chosen) {
  console.error(
    `Usage: pnpm verify <name> [--json]\n\n${Object.entries(runs)
      .map(([key, { what }]) => `  ${key.padEnd(20)} ${what}`)
      .join('\n')}`,
  )
  process.exit(2)
}

const figures = await chosen.run()
if (process.argv.includes('--json')) console.log(JSON.stringify(figures))
else console.table(figures)
