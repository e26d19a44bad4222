/** One thing Alfred depends on: what it uses now, and how to use something else. */
export interface Dependency {
  readonly name: string
  readonly uses: string
  /** The variables that switch to the real thing; without any it is the real thing. */
  readonly switchWith?: string | undefined
  /** What a person should know about it now, such as that it does not answer. */
  readonly note?: string | undefined
}

const width = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length))

/** What a person sees at the start. */
export function startBanner(url: string, dependencies: readonly Dependency[]): string {
  const names = width(dependencies.map(({ name }) => name))
  const uses = width(dependencies.map((dependency) => dependency.uses))
  const lines = dependencies.map(({ name, uses: used, switchWith, note }) => {
    const change = switchWith === undefined ? '' : `  set ${switchWith}`
    const warning = note === undefined ? '' : `\n  ${' '.repeat(names)}  ! ${note}`
    return `  ${name.padEnd(names)}  ${`${used.padEnd(uses)}${change}`.trimEnd()}${warning}`
  })
  const chat = `${url}/api/alfred/chat -H 'Content-Type: application/json' -d '{"message":"Hello"}'`
  return `
Alfred is listening on ${url}

${lines.join('\n')}

Try it in a browser, or:
  curl ${chat}
  curl -N -H 'Accept: text/event-stream' ${chat}
  curl ${url}/readyz

Ctrl-C stops it; twice stops it at once.`
}
