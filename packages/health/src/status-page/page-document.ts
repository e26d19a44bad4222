import { createHash } from 'node:crypto'
import { pageScript } from './page-script.ts'
import { pageStyle } from './page-style.ts'

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** The status page, the same for everybody; what it shows comes over its event stream. */
export const pageDocument = Buffer.from(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Service health</title>
<style>${pageStyle}</style>
</head>
<body>
<div class="page">
<header>
<h1 id="title">Service health</h1>
<p class="values soft"><span id="release"></span><span id="live">Connecting…</span></p>
</header>
<main>
<section class="card overall" id="overall" aria-label="All in all">
<div class="row"><p class="state" id="state" role="status">…</p><ul class="values" id="groups"></ul></div>
<div id="history"></div>
<div class="row"><span class="soft" id="span"></span><span class="soft" id="up"></span></div>
</section>
<section class="card" aria-labelledby="checks-title">
<h2 id="checks-title">Checks</h2>
<ul class="checks" id="checks"></ul>
<p class="soft" id="none" hidden>No check is registered.</p>
</section>
<section class="card" aria-labelledby="changes-title">
<h2 id="changes-title">Latest changes</h2>
<table id="table" hidden>
<thead><tr><th scope="col">When</th><th scope="col">Check</th><th scope="col">From</th><th scope="col">To</th></tr></thead>
<tbody id="changes"></tbody>
</table>
<p class="soft" id="unchanged" hidden>Nothing has changed.</p>
</section>
<noscript><p class="card">This page needs JavaScript; the health probe tells the same as JSON.</p></noscript>
</main>
<footer class="soft">As this process has seen itself since it started: while it does not run, it counts nothing.</footer>
</div>
<script>${pageScript}</script>
</body>
</html>
`)

/** Nothing but its own style, script and event stream; nobody may frame it. */
export const pageHeaders = Object.freeze({
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Length': pageDocument.byteLength,
  'Cache-Control': 'no-store',
  'Content-Security-Policy': [
    "default-src 'none'",
    `script-src ${hashOf(pageScript)}`,
    `style-src ${hashOf(pageStyle)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
})
