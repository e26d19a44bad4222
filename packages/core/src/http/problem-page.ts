const entities: Readonly<Record<string, string>> = {
  '"': '&quot;',
  '&': '&amp;',
  "'": '&#39;',
  '<': '&lt;',
  '>': '&gt;',
}

// The escaping of input-validation is not to be had here: features stand above core.
const escaped = (text: string): string => text.replace(/["&'<>]/g, (char) => entities[char] ?? '')

const paragraph = (text: string | undefined): string =>
  text === undefined ? '' : `\n<p>${escaped(text)}</p>`

/** What a page shows of a problem. */
interface ShownProblem {
  readonly status: number
  readonly title: string
  readonly detail?: string | undefined
}

/**
 * A problem as a page for people. It has neither style nor script, so that any Content-Security-Policy lets it be shown.
 *
 * @param ids - what to quote, by its name
 */
export function formatProblemPage(
  { status, title, detail }: ShownProblem,
  ids: Readonly<Record<string, string | undefined>>,
): string {
  const heading = escaped(`${String(status)} ${title}`)
  const quoted = Object.entries(ids).flatMap(([name, id]) =>
    id === undefined ? [] : [`\n<p>${escaped(name)}: <code>${escaped(id)}</code></p>`],
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading}</title>
</head>
<body>
<main>
<h1>${heading}</h1>${paragraph(detail)}${quoted.join('')}
</main>
</body>
</html>
`
}
