/** Runs a balancer in a process of its own: `node balancer-process.ts <ports as JSON>`, with an IPC channel. */
import { type BalancerState, startBalancer } from './balancer.ts'

const ports = JSON.parse(process.argv[2] ?? '') as number[]
const balancer = await startBalancer(ports)

process.once('disconnect', () => process.exit())
setInterval(() => {
  const { port, broken } = balancer
  const ready = ports.filter((instance) => balancer.isReady(instance))
  process.send?.({ port, ready, broken: broken.length, reasons: broken.slice(0, 10) } satisfies BalancerState)
}, 50)
