/** Where the API is mounted. */
export const apiPath = '/api/alfred'

/** Where its routers are mounted, for the templates of routes in metrics, spans and reports. */
export const routerMounts: readonly string[] = [apiPath, `${apiPath}/templates`, `${apiPath}/sessions`]
