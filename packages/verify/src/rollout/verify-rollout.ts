import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { askEdge } from '../../../../examples/alfred-server/test/edge/ask-edge.ts'
import { startEchoApp, streamTokens } from '../../../../examples/alfred-server/test/edge/echo-app.ts'
import { startEdge, testName } from '../../../../examples/alfred-server/test/edge/start-edge.ts'
import { lateTokens, readTokenGaps } from '../../../../examples/alfred-server/test/edge/token-gaps.ts'
import { startLoad, type Tally } from '../../../../examples/alfred-server/test/rollout/load.ts'
import { type Machine, startMachine } from '../../../../examples/alfred-server/test/rollout/machine.ts'

/** `ALFRED_VERIFY=short` is for the gate, and takes two minutes; all of it takes a quarter of an hour on two cores. */
const isShort = process.env['ALFRED_VERIFY'] === 'short'
const plan = isShort
  ? { rounds: 1, sockets: 8, killRounds: 1, killSteps: ['replace a', 'up a'], reloads: 10, tokens: 12 }
  : {
      rounds: 20,
      sockets: 100,
      killRounds: 10,
      killSteps: [
        'down a',
        'drain a',
        'replace a',
        'ready a',
        'settle a',
        'up a',
        'down b',
        'replace b',
        'up b',
      ],
      reloads: 200,
      tokens: 40,
    }

export type RolloutFigures = Readonly<Record<string, unknown>>

const say = (line: string): void => {
  console.error(line)
}

async function drive(machine: Machine, ...args: readonly string[]): Promise<void> {
  const { code, output } = await machine.drive(...args)
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}:\n${output}`)
}

const broken = ({ failed, resets, cutStreams }: Tally): number => failed + resets + cutStreams

/** Faults 1 and 3: deployments and rollbacks under requests, streams and WebSockets on kept connections. */
async function rollUnderLoad(): Promise<RolloutFigures> {
  await using machine = await startMachine()
  for (const version of ['1.0.0', '1.1.0']) await machine.addRelease(version)
  await drive(machine, 'deploy', '1.0.0')
  const load = startLoad(machine.edge, {
    clients: isShort ? 6 : 32,
    streams: isShort ? 3 : 10,
    sockets: plan.sockets,
    // All of it makes half a million requests, and leaves the slots time to start.
    idleMs: () => (isShort ? 5 : 15),
  })
  for (let round = 1; round <= plan.rounds; round += 1) {
    await drive(machine, 'deploy', '1.1.0')
    await drive(machine, 'rollback')
    say(
      `${String(round)} rounds, ${String(load.tally.requests)} requests, ${String(broken(load.tally))} broken`,
    )
  }
  const tally = await load.stop()
  tally.reasons.forEach(say)
  return {
    deploys: plan.rounds,
    rollbacks: plan.rounds,
    requests: tally.requests,
    failed: tally.failed,
    resets: tally.resets,
    streams: tally.streams,
    cutStreams: tally.cutStreams,
    socketsLost: tally.lost,
    socketsDoubled: tally.doubled,
    socketsClosedOtherwise: tally.closedOtherwise,
    socketsResumed: tally.resumed,
    maxResumeMs: Math.round(tally.maxResumeMs),
  }
}

/** The control of fault 1: an app without a drain, ended before the edge knows. */
async function stopFirst(): Promise<number> {
  await using machine = await startMachine({ settings: { ALFRED_QUIET_MS: '0' } })
  for (const version of ['1.0.0', '1.1.0']) await machine.addRelease(version, { fault: 'no drain' })
  await drive(machine, 'deploy', '1.0.0')
  const load = startLoad(machine.edge, { clients: 6, streams: 3, sockets: 0, idleMs: () => 1 })
  await machine.driveUnsafely('deploy', '1.1.0')
  return broken(await load.stop())
}

/** Fault 4: reloads while connections are idle for a while between two requests. A control ends when it has failed. */
async function reloadUnderIdleClients(minTimeout: string, isControl: boolean): Promise<number> {
  await using app = await startEchoApp((request, response) => {
    response.end(`x ${request.headers['content-length'] ?? '0'}`)
  })
  await using edge = await startEdge({
    slotPorts: [app.port, app.port],
    site: { trustedProxies: ['127.0.0.1'] },
    patch: {
      'nginx/http.conf': (text) =>
        text.replace('keepalive_min_timeout 3s', `keepalive_min_timeout ${minTimeout}`),
    },
  })
  const signal = new AbortController().signal
  const load = startLoad(edge, { clients: 48, streams: 0, sockets: 0, idleMs: () => Math.random() * 60 })
  for (let reload = 0; reload < plan.reloads; reload += 1) {
    await edge.control.reload(signal)
    await sleep(400)
    if (isControl && load.tally.resets > 0) break
  }
  const { resets } = await load.stop()
  return resets
}

interface Kills {
  kills: number
  down: number
  notConverged: number
}

/** Fault 6: the deployer is killed at a step; the service stays up and the next run converges. */
async function killAtSteps(): Promise<Kills> {
  const tally = { kills: 0, down: 0, notConverged: 0 }
  const rounds = Array.from({ length: plan.killRounds }, () => plan.killSteps)
  const steps = rounds.flat().values()
  // Most of a run is waiting, so several machines take their steps from one list.
  await Promise.all(Array.from({ length: isShort ? 1 : 3 }, () => killOnOneMachine(steps, tally)))
  return tally
}

async function killOnOneMachine(steps: Iterable<string>, tally: Kills): Promise<void> {
  await using machine = await startMachine({ settings: { ALFRED_QUIET_MS: '0' } })
  const versions = ['1.0.0', '1.1.0'] as const
  for (const version of versions) await machine.addRelease(version)
  await drive(machine, 'deploy', '1.0.0')
  let [version, other]: readonly [string, string] = ['1.1.0', '1.0.0']
  for (const step of steps) {
    await killAt(machine, version, `… ${step}`)
    tally.kills += 1
    if ((await askEdge(machine.edge, '/work')).status !== 200) tally.down += 1
    const { code } = await machine.drive('deploy', version)
    const answer = await askEdge(machine.edge, '/work')
    if (code !== 0 || answer.body !== `${version} 0`) tally.notConverged += 1
    say(`killed at ${step}: ${String(tally.down)} down, ${String(tally.notConverged)} not converged`)
    ;[version, other] = [other, version]
  }
}

async function killAt(machine: Machine, version: string, line: string): Promise<void> {
  const child = machine.startDriver(['deploy', version], (said) => {
    if (said.endsWith(line)) child.kill('SIGKILL')
  })
  await once(child, 'exit')
}

/** Fault 7: releases that cannot serve. @returns how many left the old one serving, and told so */
async function rollOutBroken(): Promise<{ readonly faults: number; readonly kept: number }> {
  const faults = [
    'ends at once',
    'never ready',
    'wrong version',
    'crashes soon',
    'failed migration',
    'not to be had',
    'disk full',
  ]
  const settings = { ALFRED_QUIET_MS: '0', ALFRED_READY_SECONDS: '6', ALFRED_SETTLE_SECONDS: '3' }
  await using machine = await startMachine({ settings })
  await machine.addRelease('1.0.0')
  await drive(machine, 'deploy', '1.0.0')
  let kept = 0
  for (const fault of faults) {
    const isMigration = fault === 'failed migration'
    if (fault === 'not to be had') await machine.removeRelease('2.0.0')
    else await machine.addRelease('2.0.0', isMigration ? { migrate: ['false'] } : { fault })
    // A backup on a full disk: the device answers every write with ENOSPC.
    if (fault === 'disk full') await machine.addHook('backup', 'echo dump > /dev/full')
    const { code } = await machine.drive('deploy', '2.0.0')
    const { current } = await machine.state()
    const { body } = await askEdge(machine.edge, '/work')
    const isKept = code !== 0 && current?.version === '1.0.0' && body === '1.0.0 0'
    if (isKept) kept += 1
    say(`${fault}: ended with ${String(code)}, ${isKept ? 'the old one serves' : 'WRONG'}`)
  }
  return { faults: faults.length, kept }
}

/** Fault 10: tokens 100 ms apart through nginx, nginx behind nginx, and one that ignores the app's header. */
async function streamTokensThrough(): Promise<Readonly<Record<'direct' | 'nested' | 'control', number>>> {
  await using app = await startEchoApp(streamTokens(plan.tokens, 100))
  const slotPorts = [app.port, app.port] as const
  await using inner = await startEdge({ slotPorts })
  await using outer = await startEdge({
    slotPorts: [inner.httpsPort, inner.httpsPort],
    patch: {
      'nginx.conf': (text) => text.replaceAll('proxy_pass http://alfred', 'proxy_pass https://alfred'),
      'nginx/proxy.conf': (text) =>
        `proxy_ssl_server_name on;\nproxy_ssl_name ${testName};\n${text.replace('$host$is_request_port$request_port', testName)}`,
    },
  })
  await using buffering = await startEdge({
    slotPorts,
    patch: { 'nginx/proxy.conf': (text) => text.replace('proxy_pass_header X', 'proxy_ignore_headers X') },
  })
  const late = async (edge: typeof inner): Promise<number> =>
    lateTokens(await readTokenGaps(edge, '/api/stream'), 100, 50)
  const [direct, nested, control] = [await late(inner), await late(outer), await late(buffering)]
  return { direct, nested, control }
}

/** Rolls real processes behind a real nginx; beside each "none" stands a control that must not be none. */
export async function verifyRollout(): Promise<RolloutFigures> {
  const startedAt = performance.now()
  const rolled = await rollUnderLoad()
  const control = await stopFirst()
  const idleResets = await reloadUnderIdleClients('3s', false)
  const idleControl = await reloadUnderIdleClients('0', true)
  const killed = await killAtSteps()
  const faulty = await rollOutBroken()
  const late = await streamTokensThrough()
  const isGood =
    ['failed', 'resets', 'cutStreams', 'socketsLost', 'socketsDoubled', 'socketsClosedOtherwise'].every(
      (name) => rolled[name] === 0,
    ) &&
    control > 0 &&
    idleResets === 0 &&
    (isShort || idleControl > 0) &&
    killed.down + killed.notConverged === 0 &&
    faulty.kept === faulty.faults &&
    late.direct + late.nested === 0 &&
    late.control > 0
  if (!isGood) process.exitCode = 1
  return {
    ...rolled,
    stopFirstBroken: control,
    reloads: plan.reloads,
    idleResets,
    idleResetsWithoutMinTimeout: idleControl,
    ...killed,
    ...faulty,
    lateTokens: late.direct,
    lateTokensNested: late.nested,
    lateTokensBuffered: late.control,
    seconds: Math.round((performance.now() - startedAt) / 1000),
  }
}
