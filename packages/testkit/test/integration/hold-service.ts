import { startPostgres, startRedis } from '../../src/index.ts'

/** Starts the server named on the command line, prints where it is, and never stops it. */
const service = await (process.argv[2] === 'startRedis' ? startRedis() : startPostgres())
process.stdout.write(`${JSON.stringify({ pid: service.pid, port: service.port })}\n`)
setInterval(() => undefined, 60_000)
