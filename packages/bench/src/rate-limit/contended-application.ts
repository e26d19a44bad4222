import express, { type Express } from 'express'

/** The one request of the contest of servers. */
export const path = '/api/items'

/** Three limits that apply to it. */
export const policies = [
  { name: 'hour', windowMs: 3_600_000 },
  { name: 'quarter', windowMs: 900_000 },
  { name: 'minute', windowMs: 60_000 },
] as const

/** So high that nothing is denied. */
export const limit = 1_000_000_000

/** An application with one small route, behind what `protect` puts in front of it. */
export function createApplication(protect: (app: Express) => void): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  protect(app)
  app.get(path, (_request, response) => {
    response.json({ items: [1, 2, 3] })
  })
  return app
}
