import { z } from 'zod'

/** A problem (RFC 9457) as it is kept. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string().optional(),
})
