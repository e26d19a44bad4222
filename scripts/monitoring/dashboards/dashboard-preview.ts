import type { FilledDashboard, FilledPanel, Line } from './query-panels.ts'

const colours = [
  '#3b82f6',
  '#f59e0b',
  '#10b981',
  '#ef4444',
  '#8b5cf6',
  '#14b8a6',
  '#ec4899',
  '#84cc16',
  '#64748b',
]
const width = 420
const height = 150
const left = 58
const bottom = 22

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => `&#${String(c.charCodeAt(0))};`).replace(/(\d) (?=%|s\b|ms\b)/g, '$1&nbsp;')

const round = (value: number): string => String(Number(value.toPrecision(3)))

/** A value as a person reads it. */
function withUnit(value: number, unit: FilledPanel['unit']): string {
  switch (unit) {
    case 'percentunit':
      return `${round(value * 100)} %`
    case 's':
      if (value === 0) return '0 s'
      if (Math.abs(value) < 1) return `${round(value * 1000)} ms`
      if (Math.abs(value) < 120) return `${round(value)} s`
      return Math.abs(value) < 172_800 ? `${round(value / 60)} min` : `${round(value / 86_400)} d`
    case 'bytes':
      return `${round(value / 2 ** 20)} MiB`
    case 'reqps':
    case 'ops':
      return `${round(value)}/s`
    case 'short':
      return round(value)
  }
}

/** The next of 1, 2, 4, 6 and 10 times a power of ten: half of it reads well, too. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 2, 4, 6, 10].find((factor) => value <= factor * power * 1.0001) ?? 10
  return step * power
}

function chart({ lines, unit, threshold }: FilledPanel, from: number, to: number): string {
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value))
  const highest = Math.max(...values, 0)
  const top = highest === 0 ? 1 : roundUp(highest)
  const x = (at: number): number => left + ((at - from) / (to - from)) * (width - left - 8)
  const y = (value: number): number => height - bottom - (Math.max(value, 0) / top) * (height - bottom - 8)
  const grid = [0, 0.5, 1].map((part) => {
    const value = top * part
    return `<line x1="${String(left)}" x2="${String(width - 8)}" y1="${String(y(value))}" y2="${String(y(value))}" class="grid"/><text x="${String(left - 6)}" y="${String(y(value) + 4)}" text-anchor="end">${withUnit(value, unit)}</text>`
  })
  const times = [from, (from + to) / 2, to].map(
    (at, index) =>
      `<text x="${String(x(at))}" y="${String(height - 6)}" text-anchor="${['start', 'middle', 'end'][index] ?? 'middle'}">${new Date(at * 1000).toISOString().slice(11, 19)}</text>`,
  )
  const path = ({ points }: Line, index: number): string =>
    points.length === 1
      ? `<circle cx="${String(x(points[0]?.[0] ?? from))}" cy="${String(y(points[0]?.[1] ?? 0))}" r="2.5" fill="${colours[index % colours.length] ?? ''}"/>`
      : `<polyline fill="none" stroke="${colours[index % colours.length] ?? ''}" stroke-width="1.8" points="${points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}"/>`
  const limit =
    threshold !== undefined && threshold <= top
      ? `<line x1="${String(left)}" x2="${String(width - 8)}" y1="${String(y(threshold))}" y2="${String(y(threshold))}" class="limit"/>`
      : ''
  return `<svg viewBox="0 0 ${String(width)} ${String(height)}">${grid.join('')}${times.join('')}${limit}${lines.map(path).join('')}</svg>`
}

function panelHtml(panel: FilledPanel, from: number, to: number): string {
  const shown = panel.lines.slice(0, 8)
  const legend = shown.map(({ legend: text, points }, index) => {
    const last = points.at(-1)?.[1] ?? 0
    return `<li><i style="background:${colours[index % colours.length] ?? ''}"></i>${escape(text)} <b>${withUnit(last, panel.unit)}</b></li>`
  })
  const more =
    panel.lines.length > shown.length ? `<li>and ${String(panel.lines.length - shown.length)} more</li>` : ''
  const body = panel.lines.length === 0 ? '<p class="empty">No data</p>' : chart(panel, from, to)
  return `<section><h2>${escape(panel.title)}</h2><p>${escape(panel.description)}</p>${body}<ul>${legend.join('')}${more}</ul></section>`
}

/** A page that shows a dashboard much as Grafana would; times are seconds since the epoch. */
export function previewPage(
  { title, description, panels }: FilledDashboard,
  from: number,
  to: number,
): string {
  return `<!doctype html><meta charset="utf-8"><title>${escape(title)}</title><style>
body{margin:0;padding:24px;width:1392px;box-sizing:border-box;background:#0f172a;color:#e2e8f0;font:14px/1.4 system-ui,'DejaVu Sans',sans-serif}
h1{margin:0;font-size:22px}header p{margin:2px 0 18px;color:#94a3b8}
main{display:grid;grid-template-columns:repeat(3,1fr);gap:14px}
section{background:#1e293b;border-radius:8px;padding:12px 14px}
h2{margin:0;font-size:15px}section p{margin:2px 0 6px;color:#94a3b8;font-size:12px;min-height:34px}
svg{display:block;width:100%}svg text{fill:#94a3b8;font-size:11px}.grid{stroke:#334155}.limit{stroke:#ef4444;stroke-dasharray:5 4}
ul{list-style:none;margin:6px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:2px 14px;font-size:12px}
li i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px}li b{color:#fff}.empty{color:#f87171}
</style><header><h1>${escape(title)}</h1><p>${escape(description)} (Preview of the panels' data, not Grafana itself.)</p></header><main>${panels
    .map((panel) => panelHtml(panel, from, to))
    .join('')}</main>`
}
