import { z } from 'zod'

/** Which server a process runs. `weak` is the control. */
export const orderSchema = z.object({
  framework: z.enum(['express4', 'express5', 'node:http', 'weak']),
  redisUrl: z.string().optional(),
})

export type ServerOrder = z.infer<typeof orderSchema>

/** What a server process is asked for: the heap when all is quiet, or to end and report. */
export const askedSchema = z.enum(['heap', 'finish'])

const startedSchema = z.object({ port: z.number(), clientKey: z.string() })
/** What is kept in buffers is part of it. */
const heapSchema = z.object({ heapBytes: z.number() })
const reportSchema = z.object({
  /** Exceptions that nobody caught and rejections that nobody handled. */
  crashes: z.array(z.string()),
  /** Texts of logs, spans, reports, alerts and metrics with a marker in them. */
  leaks: z.array(z.string()),
  /** Connections that stayed after their clients had left. */
  connections: z.number(),
  /** Timers that wait after everything was closed: how long, and who set them. */
  timers: z.array(z.string()),
  /** Listeners on `process` beyond those of the start. */
  listeners: z.number(),
})

export const serverMessageSchema = z.union([startedSchema, heapSchema, reportSchema])

/** What a server process sends: where it listens, how large its heap is, and its report. */
export type ServerMessage = z.infer<typeof serverMessageSchema>
export type ServerReport = z.infer<typeof reportSchema>
