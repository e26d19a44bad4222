/** Coding prompts of the usual kind: of real ones nineteen in twenty hold no tag. */
export const promptTexts: readonly string[] = [
  'Write a function that finds the longest common prefix of a list of strings in Python.',
  "Why does SELECT * FROM users WHERE name = '' OR 1=1 return every row?",
  'Explain what `x => x & 0xff` does, and when `>>>` differs from `>>`.',
  'My loop `for (let i = 0; i < items.length; i++)` skips the last item. What is wrong?',
  'Convert this SQL to a query builder: SELECT id, name FROM orders WHERE total > 100 ORDER BY id',
  'How do I read a file line by line in Go without loading all of it into memory?',
  'Refactor this so that a < b && c > d is checked once:\n\nif (a < b && c > d) { run() }\nelse if (a < b) { stop() }',
  'What is the time complexity of inserting into a binary heap?',
  'Write a regular expression for ISO 8601 dates and explain each part.',
  'Create a bash script that deletes log files older than 30 days, & prints their names.',
  'I get "TypeError: undefined is not a function" when I call array.flatMap in Node 10. Why?',
  'Translate this pseudo code to Rust: if n <= 1 return n else return fib(n - 1) + fib(n - 2)',
  'How does garbage collection work in V8? Keep it short.',
  'Write unit tests for a function that validates e-mail addresses.',
  'Which HTTP status belongs to a request that is well formed but fails validation?',
  'Is there a difference between x <= y and !(x > y) when one of them is NaN?',
]

/** The others. */
export const quotingPromptTexts: readonly string[] = [
  'Why does <div class="card"><span>text</span></div> break when I add display: flex?',
  'What is a Map<string, number> called in Rust, and do I need the turbofish collect::<Vec<_>>() here?',
]

const paragraph = (index: number): string =>
  `<p>Paragraph ${String(index)} with <b>bold</b>, <i>italic</i> and <a href="https://example.com/${String(index)}">a link</a>.</p>`

/** HTML that only a DOM can tell about: hostile, or written in a way that a parser changes. */
export const unplainHtmlTexts: readonly string[] = [
  '<p onclick="steal()">Hello<script>steal()</script> <img src="x" onerror="steal()"></p>',
  `<DIV ID=intro>${paragraph(1)}</DIV>`,
  `<div data-id="7" style="color: red">${paragraph(2)}<!-- a note --></div>`,
  `<p>one<p>two<ul><li>three<li>four</ul>${paragraph(3)}`,
]

/** HTML as fields of it hold it: from one tag to a page of text. */
export const htmlTexts: readonly string[] = [
  '<b>Hello</b>',
  paragraph(1),
  `<h2>Title</h2>${paragraph(2)}<ul><li>one</li><li>two</li><li>three</li></ul>`,
  '<p onclick="steal()">Hello<script>steal()</script> <img src="x" onerror="steal()"></p>',
  `<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>`,
  Array.from({ length: 5 }, (_, index) => paragraph(index)).join('\n'),
  `<blockquote>${paragraph(3)}</blockquote><pre><code>if (a &lt; b) return</code></pre>`,
  Array.from({ length: 12 }, (_, index) => paragraph(index)).join('\n'),
]
