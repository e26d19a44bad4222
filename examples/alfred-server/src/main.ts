import './settings/load-env-file.ts'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isAlfredError } from '@alfred/core'
import { createApp } from './app.ts'
import { startBanner } from './banner.ts'
import { DataFolderInUseError } from './database/embedded-database.ts'
import { endAfterCrash } from './end-after-crash.ts'
import { createLog } from './log.ts'
import { readSettings, type Settings } from './settings/settings.ts'
import { telemetry } from './telemetry.ts'

/** A reason not to start that a person can do something about. */
class StartError extends Error {
  override readonly name = 'StartError'
}

const listenErrors: Readonly<Record<string, (settings: Settings) => string>> = {
  EADDRINUSE: ({ host, port }) =>
    `Port ${String(port)} of ${host} is in use. Choose another one: PORT=${String(port + 1)}`,
  EACCES: ({ port }) => `This user may not listen on port ${String(port)}. Choose one from 1024: PORT=3000`,
  EADDRNOTAVAIL: ({ host }) => `${host} is no address of this machine. Set HOST to one that is.`,
}

function listen(server: Server, settings: Settings): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const explain = listenErrors[error.code ?? '']
      reject(explain ? new StartError(explain(settings)) : error)
    })
    server.listen(settings.port, settings.host, () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new StartError('No address was given.'))
      else resolve(address)
    })
  })
}

function urlOf({ address, port }: AddressInfo): string {
  const wildcard = address === '0.0.0.0' || address === '::'
  const host = wildcard ? '127.0.0.1' : address.includes(':') ? `[${address}]` : address
  return `http://${host}:${String(port)}`
}

async function main(): Promise<void> {
  const settings = readSettings(process.env)
  const log = createLog(settings)
  const alfred = createApp(settings, log)
  const server = alfred.guard.hardenServer(createServer(alfred.app))
  const drain = alfred.guard.drainOnSignals(server, { readinessDelayMs: settings.drainDelayMs })
  drain.addHook({ name: 'database', close: () => alfred.database.close() })
  drain.addHook({ name: 'answers', close: () => alfred.answers[Symbol.asyncDispose]() })
  alfred.socket.attach(server, drain)
  endAfterCrash({ logger: log, errorTracker: alfred.guard.alerting.errorTracker, drain })
  if (telemetry) drain.addHook({ name: 'telemetry', close: telemetry.close })

  const url = urlOf(await listen(server, settings))
  const isReadable = settings.logFormat === 'text'
  if (isReadable) console.log(`Opening ${alfred.database.description}; the first time takes a few seconds.`)
  await alfred.start()
  const dependencies = alfred.dependencies()
  if (isReadable) console.log(startBanner(url, dependencies))
  else log.info({ url, dependencies }, 'Alfred is listening')
}

try {
  await main()
} catch (error) {
  const isExpected =
    error instanceof StartError || error instanceof DataFolderInUseError || isAlfredError(error)
  console.error(isExpected ? error.message : error)
  process.exit(1)
}
