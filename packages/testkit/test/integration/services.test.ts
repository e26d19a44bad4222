import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { freePort, type Service, startPostgres, startRedis, waitFor } from '../../src/index.ts'
import { anyRunning } from '../../src/processes/process-tree.ts'
import { counterClient } from './service-client.ts'

const started: Service[] = []
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'testkit-'))
  // PostgreSQL runs as another user when we are root.
  chmodSync(folder, 0o755)
  vi.stubEnv('TMPDIR', folder)
})

afterEach(async () => {
  await Promise.all(started.splice(0).map((service) => service.stop()))
  vi.unstubAllEnvs()
  expect(readdirSync(folder)).toEqual([])
  rmSync(folder, { recursive: true })
})

const refuses = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return false
  } catch {
    return true
  } finally {
    // Left open, it would report the server's end as an error of its own.
    socket.destroy()
  }
}

describe.each([
  { name: 'startRedis', starter: startRedis, keptOverRestart: 0 },
  { name: 'startPostgres', starter: startPostgres, keptOverRestart: 1 },
])('$name', ({ name, starter, keptOverRestart }) => {
  const start = async (port?: number): Promise<Service> => {
    const service = await starter({ port })
    started.push(service)
    return service
  }

  it('answers as soon as it is started', async () => {
    const { url, port } = await start()
    const counter = counterClient(url)
    await counter.increment()
    expect(await counter.read()).toBe(1)
    expect(new URL(url).port).toBe(String(port))
  })

  it('takes the port that it is given', async () => {
    const port = await freePort()
    expect((await start(port)).port).toBe(port)
  })

  it('gives each call a server of its own', async () => {
    const [one, other] = await Promise.all([start(), start()])
    await counterClient(one.url).increment()
    expect(await counterClient(other.url).read()).toBe(0)
  })

  it('answers nothing while paused, and everything afterwards', async () => {
    const service = await start()
    const counter = counterClient(service.url)
    service.pause()
    await expect(counter.read()).rejects.toThrow(/time|terminated/i)
    service.resume()
    expect(await counter.read()).toBe(0)
  })

  it('is gone after a kill and back on the same port after a restart', async () => {
    const service = await start()
    const counter = counterClient(service.url)
    await counter.increment()
    const { pid } = service
    await service.kill()
    expect(service.pid).toBeUndefined()
    expect(await refuses(service.port)).toBe(true)
    await service.restart()
    expect(service.pid).not.toBe(pid)
    expect(await counter.read()).toBe(keptOverRestart)
  })

  it('stops for good, also while paused', async () => {
    const service = await start()
    const pids = service.pid === undefined ? [] : [service.pid]
    service.pause()
    await service.stop()
    await service.stop()
    expect(anyRunning(pids)).toBe(false)
    expect(await refuses(service.port)).toBe(true)
    await expect(service.restart()).rejects.toThrow('was stopped for good')
  })

  it('ends when the process that started it is killed', async () => {
    const script = fileURLToPath(new URL('hold-service.ts', import.meta.url))
    const holder = spawn(process.execPath, ['--conditions=@alfred/source', script, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(holder.stdout, 'data')) as [Buffer]
    const { pid, port } = JSON.parse(line.toString()) as { pid: number; port: number }
    expect(await refuses(port)).toBe(false)
    holder.kill('SIGKILL')
    await waitFor(() => !anyRunning([pid]) && readdirSync(folder).length === 0, { timeoutMs: 10_000 })
    expect(await refuses(port)).toBe(true)
  })

  it('says what the server said when it cannot start', async () => {
    await expect(starter({ args: ['--no-such-setting=x', 'y'] })).rejects.toThrow(
      /ended while starting:\n.*no.such.setting/s,
    )
  })
})

describe('where there is no server to start', () => {
  it('says what to do', async () => {
    vi.stubEnv('PATH', folder)
    vi.stubEnv('REDIS_URL', undefined)
    await expect(startRedis()).rejects.toThrow('ensure-services')
  })

  it('makes a database of its own on the server of DATABASE_URL, and drops it', async () => {
    const shared = await startPostgres()
    started.push(shared)
    vi.stubEnv('DATABASE_URL', shared.url)
    const { arch } = process
    // No PostgreSQL is built for it.
    Object.defineProperty(process, 'arch', { value: 'pdp11' })
    try {
      const service = await startPostgres()
      expect(service.url).toMatch(/\/alfred_test_[0-9a-f]{12}$/)
      await counterClient(service.url).increment()
      expect(await counterClient(shared.url).read()).toBe(0)
      await expect(service.restart()).rejects.toThrow('DATABASE_URL is not ours')
      await service.stop()
      await expect(counterClient(service.url).read()).rejects.toThrow('does not exist')
    } finally {
      Object.defineProperty(process, 'arch', { value: arch })
    }
  })

  it('uses the one of REDIS_URL, which is not ours to break', async () => {
    vi.stubEnv('PATH', folder)
    vi.stubEnv('REDIS_URL', 'redis://127.0.0.1:7001')
    const service = await startRedis()
    expect(service).toMatchObject({ url: 'redis://127.0.0.1:7001', port: 7001, pid: undefined })
    expect(() => {
      service.pause()
    }).toThrow('REDIS_URL is not ours')
    await expect(service.kill()).rejects.toThrow('REDIS_URL is not ours')
    await service.stop()
    await expect(startRedis({ args: ['--maxmemory', '1mb'] })).rejects.toThrow('cannot be given arguments')
  })
})
