import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findExecutable } from '../processes/find-executable.ts'

/** A Firefox with one tab. */
export interface Firefox {
  readonly version: string
  /** Opens `url` in the tab and waits until it has loaded. */
  goto(url: string): Promise<void>
  /** Runs an expression in the tab's page, waits for its promise, and returns its value by way of JSON. */
  evaluate(expression: string): Promise<unknown>
  close(): Promise<void>
}

/** @returns `FIREFOX_PATH`, else the first Firefox of PATH */
export function findFirefox(): string | undefined {
  return process.env['FIREFOX_PATH'] || findExecutable('firefox-esr', 'firefox')
}

/** No name is resolved and nothing is asked of the web: only this machine is reached. */
const preferences: Readonly<Record<string, boolean | number | string>> = {
  'network.proxy.type': 1,
  'network.proxy.socks': '127.0.0.1',
  'network.proxy.socks_port': 9,
  'network.proxy.socks_remote_dns': true,
  'network.proxy.no_proxies_on': '127.0.0.1',
  'network.dns.disabled': true,
  'app.update.disabledForTesting': true,
  'datareporting.policy.dataSubmissionEnabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'dom.disable_open_during_load': true,
  'remote.active-protocols': 1,
}

interface Answer {
  readonly id?: number
  readonly type: 'error' | 'event' | 'success'
  readonly result?: unknown
  readonly message?: string
}

/** Sends commands of WebDriver BiDi (https://w3c.github.io/webdriver-bidi/) over one connection. */
async function connect(url: string): Promise<(method: string, params: object) => Promise<unknown>> {
  const socket = new WebSocket(url)
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let commands = 0
  const fail = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error)
  }
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer
    const command = waiting.get(answer.id ?? 0)
    if (!command) return
    waiting.delete(answer.id ?? 0)
    if (answer.type === 'success') command.resolve(answer.result)
    else command.reject(new Error(answer.message ?? 'the browser refused a command'))
  })
  socket.addEventListener('close', () => {
    fail(new Error('the browser closed the connection'))
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => {
      resolve()
    })
    socket.addEventListener('error', () => {
      reject(new Error(`nothing answers at ${url}`))
    })
  })
  return (method, params) => {
    const id = ++commands
    const command = Promise.withResolvers<unknown>()
    waiting.set(id, command)
    socket.send(JSON.stringify({ id, method, params }))
    return command.promise
  }
}

/**
 * Starts a headless Firefox of the system, with a profile of its own, over WebDriver BiDi.
 *
 * @throws Error when there is no Firefox to start
 */
export async function launchFirefox(): Promise<Firefox> {
  const executable = findFirefox()
  if (executable === undefined) {
    throw new Error('there is no Firefox to start: put firefox-esr or firefox on PATH, or set FIREFOX_PATH')
  }
  const profile = await mkdtemp(join(tmpdir(), 'alfred-firefox-'))
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  )
  await writeFile(join(profile, 'user.js'), lines.join('\n'))
  const child = spawn(
    executable,
    ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: profile } },
  )
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve()
    })
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let output = ''
      child.stderr.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        const found = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(output)?.[1]
        if (found !== undefined) resolve(found)
      })
      child.once('error', reject)
      child.once('exit', () => {
        reject(new Error(`Firefox ended at once: ${output.slice(-500)}`))
      })
    })
    const send = await connect(`${url}/session`)
    const session = (await send('session.new', { capabilities: {} })) as {
      readonly capabilities: { readonly browserVersion: string }
    }
    const tree = (await send('browsingContext.getTree', {})) as {
      readonly contexts: readonly { readonly context: string }[]
    }
    const context = tree.contexts[0]?.context
    if (context === undefined) throw new Error('Firefox has no tab')
    return {
      version: session.capabilities.browserVersion,
      async goto(address) {
        await send('browsingContext.navigate', { context, url: address, wait: 'complete' })
      },
      async evaluate(expression) {
        const answer = (await send('script.evaluate', {
          expression: `(async () => JSON.stringify(await (${expression})))()`,
          target: { context },
          awaitPromise: true,
        })) as {
          readonly type: string
          readonly result?: { readonly value?: unknown }
          readonly exceptionDetails?: { readonly text: string }
        }
        if (answer.type !== 'success')
          throw new Error(answer.exceptionDetails?.text ?? 'the page threw an error')
        const json = answer.result?.value
        return typeof json === 'string' ? (JSON.parse(json) as unknown) : undefined
      },
      close: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
