import type { Router } from 'express'

/** The routes of a router that is mounted at `mount`, as `GET /path/:id`. */
export function listRoutes(mount: string, { stack }: Router): readonly string[] {
  const routes = stack.flatMap(({ route }) =>
    // A route has one entry for each of its handlers.
    (route?.stack ?? []).map(({ method }) => {
      const path = `${mount}${String(route?.path)}`
      return `${method.toUpperCase()} ${path.replace(/\/$/, '')}`
    }),
  )
  return [...new Set(routes)]
}
