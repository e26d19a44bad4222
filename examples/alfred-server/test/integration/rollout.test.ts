import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startReceiver } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { askEdge } from '../edge/ask-edge.ts'
import { startLoad } from '../rollout/load.ts'
import { type Machine, startMachine } from '../rollout/machine.ts'

const served = async (machine: Machine): Promise<string> => (await askEdge(machine.edge, '/work')).body

/** Deploys the version, which must succeed. */
async function deploy(machine: Machine, version: string): Promise<void> {
  const run = await machine.drive('deploy', version)
  expect(run, run.output).toMatchObject({ code: 0 })
}

const quick = { ALFRED_QUIET_MS: '0' }
// Each has a machine of its own, and most of its time is what real deadlines and idle connections take.
const lenient = { timeout: 180_000, concurrent: true }

it('deploys and goes back under load without a failed request', lenient, async () => {
  await using machine = await startMachine()
  await machine.addRelease('1.0.0')
  await machine.addRelease('1.1.0')
  await deploy(machine, '1.0.0')
  expect(await served(machine)).toBe('1.0.0 0')

  const load = startLoad(machine.edge, { clients: 6, streams: 3, sockets: 3, idleMs: () => 5 })
  await deploy(machine, '1.1.0')
  expect(await served(machine)).toBe('1.1.0 0')
  const back = await machine.drive('rollback')
  expect(back, back.output).toMatchObject({ code: 0 })
  expect(await served(machine)).toBe('1.0.0 0')

  const { requests, streams, resumed, maxResumeMs, ...bad } = await load.stop()
  expect(bad).toEqual({
    failed: 0,
    resets: 0,
    cutStreams: 0,
    lost: 0,
    doubled: 0,
    closedOtherwise: 0,
    reasons: [],
  })
  expect(maxResumeMs).toBeLessThan(2000)
  expect(requests).toBeGreaterThan(200)
  expect(streams).toBeGreaterThan(0)
  expect(resumed).toBeGreaterThan(3)
  expect(await machine.state()).toMatchObject({
    current: { version: '1.0.0' },
    run: { action: 'rollback', outcome: 'succeeded' },
  })
})

it(
  'fails requests of an app that is stopped before the edge knows, which proves the load',
  lenient,
  async () => {
    await using machine = await startMachine({ settings: quick })
    await machine.addRelease('1.0.0', { fault: 'no drain' })
    await machine.addRelease('1.1.0', { fault: 'no drain' })
    await deploy(machine, '1.0.0')
    const load = startLoad(machine.edge, { clients: 4, streams: 3, sockets: 0, idleMs: () => 1 })
    const { code, output } = await machine.driveUnsafely('deploy', '1.1.0')
    const { failed, resets, cutStreams } = await load.stop()
    expect(code, output).toBe(0)
    expect(failed + resets + cutStreams).toBeGreaterThan(0)
  },
)

it('keeps the old release when the new one cannot serve, ends with 1, and says where', lenient, async () => {
  await using machine = await startMachine({ settings: { ...quick, ALFRED_SETTLE_SECONDS: '0' } })
  await machine.addRelease('1.0.0')
  await deploy(machine, '1.0.0')
  await machine.changeSettings({ ALFRED_READY_SECONDS: '10', ALFRED_SETTLE_SECONDS: '3' })
  const faults = [
    ['ends at once', /ready of slot a: slot a has ended/],
    ['never ready', /ready of slot a: ready a took longer than 10 s/],
    ['wrong version', /ready of slot a: slot a answers as 0\.0\.0 instead of 2\.0\.0/],
    ['crashes soon', /settle of slot a: slot a ended after it was ready/],
  ] as const
  const load = startLoad(machine.edge, { clients: 2, streams: 0, sockets: 1, idleMs: () => 20 })
  for (const [fault, message] of faults) {
    await machine.addRelease('2.0.0', { fault })
    const { code, output } = await machine.drive('deploy', '2.0.0')
    expect(code, output).toBe(1)
    expect(output).toMatch(message)
    expect(await served(machine)).toBe('1.0.0 0')
    expect(await machine.state()).toMatchObject({
      current: { version: '1.0.0' },
      run: { outcome: 'failed', target: { version: '2.0.0' }, slot: 'a' },
    })
  }
  expect(await load.stop()).toMatchObject({ failed: 0, resets: 0, lost: 0, closedOtherwise: 0 })
})

it(
  'tells people, runs hooks, keeps an audit log, and changes nothing when told to say only',
  lenient,
  async () => {
    await using receiver = await startReceiver()
    await using machine = await startMachine({ settings: quick })
    const webhook = join(machine.stateFolder, 'webhook')
    const seen = join(machine.stateFolder, 'seen')
    await writeFile(webhook, receiver.url)
    await machine.changeSettings({ ALFRED_DEPLOY_WEBHOOK_FILE: webhook })
    for (const hook of ['pre-deploy', 'backup', 'migrate', 'post-deploy']) {
      await machine.addHook(hook, `echo "${hook} $ALFRED_DEPLOY_VERSION" >> ${seen}`)
    }
    await machine.addRelease('1.0.0')
    const dry = await machine.drive('deploy', '1.0.0', '--dry-run')
    expect(dry.output).toMatch(/Would deploy 1\.0\.0[^]*down a\n {2}drain a\n {2}replace a[^]*smoke b/)
    await expect(machine.state()).rejects.toThrow('ENOENT')

    await deploy(machine, '1.0.0')
    expect(await readFile(seen, 'utf8')).toBe(
      'pre-deploy 1.0.0\nbackup 1.0.0\nmigrate 1.0.0\npost-deploy 1.0.0\n',
    )
    expect(receiver.requests.map(({ body }) => body)).toEqual([
      '{"text":"Alfred 1.0.0 on production: deployed"}',
    ])
    const audit = await readFile(join(machine.stateFolder, 'audit.jsonl'), 'utf8')
    const lines = audit
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(lines).toContainEqual(
      expect.objectContaining({ step: 'up', slot: 'b', outcome: 'done', version: '1.0.0', action: 'deploy' }),
    )

    await machine.addHook('migrate', 'echo "no such column" >&2; exit 3')
    await machine.addRelease('1.1.0')
    const failed = await machine.drive('deploy', '1.1.0')
    expect(failed.code).toBe(1)
    expect(failed.output).toMatch(/failed at migrate: .*no such column/)
    expect(await served(machine)).toBe('1.0.0 0')
    expect((await machine.drive('health')).code).toBe(0)
  },
)

it('refuses to go back to a release that is gone, before it touches anything', lenient, async () => {
  await using machine = await startMachine({ settings: quick })
  await machine.addRelease('1.0.0')
  await machine.addRelease('1.1.0')
  expect((await machine.drive('rollback')).output).toContain('no release served before the current one')
  await deploy(machine, '1.0.0')
  await deploy(machine, '1.1.0')
  const before = await machine.state()
  await machine.removeRelease('1.0.0')
  const { code, output } = await machine.drive('rollback')
  expect({ code, output }).toMatchObject({
    code: 2,
    output: expect.stringContaining('is not here any more') as string,
  })
  expect(await machine.state()).toEqual(before)
  expect(await served(machine)).toBe('1.1.0 0')
})

it('lets one run at a time in, and takes over the lock of a killed one', lenient, async () => {
  await using machine = await startMachine({ settings: quick })
  await machine.addRelease('1.0.0')
  await machine.addRelease('1.1.0')
  await deploy(machine, '1.0.0')
  const child = await new Promise<ReturnType<Machine['startDriver']>>((resolve) => {
    const started = machine.startDriver(['deploy', '1.1.0'], (line) => {
      if (line.includes('… replace a')) resolve(started)
    })
  })
  const second = await machine.drive('deploy', '1.1.0')
  expect(second, second.output).toMatchObject({ code: 4 })
  expect(second.output).toMatch(/deploys 1\.1\.0 since \d+ s/)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await served(machine)).toMatch(/^1\.[01]\.0 0$/)
  await deploy(machine, '1.1.0')
  expect(await served(machine)).toBe('1.1.0 0')
})

it('sends nothing more to a slot that has ended, and the next deployment fills it', lenient, async () => {
  await using machine = await startMachine({ settings: quick })
  await machine.addRelease('1.0.0')
  await deploy(machine, '1.0.0')
  expect((await machine.drive('drain')).output).toContain('No slot is ill')
  const file = await readFile(join(machine.stateFolder, 'slots/slot-b.process'), 'utf8')
  process.kill(Number(file.split('\n')[0]), 'SIGKILL')
  const drained = await machine.drive('drain')
  expect(drained, drained.output).toMatchObject({ code: 0 })
  expect(drained.output).toContain('slot b was ill and gets no more requests')
  for (let asked = 0; asked < 10; asked += 1) expect(await served(machine)).toBe('1.0.0 0')
  await deploy(machine, '1.0.0')
  expect((await machine.drive('health')).code).toBe(0)
})
