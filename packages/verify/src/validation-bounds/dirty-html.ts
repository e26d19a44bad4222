/** HTML of which nothing with `steal` in it may come back. */
export const dirtyHtml =
  '<p onclick="steal()">Hello <b>you</b> <script>steal()</script><a href="javascript:steal()">x</a></p>'

/** Whether what came back has something that should have been removed. */
export const isDirty = (outcome: object): boolean =>
  'html' in outcome && String(outcome.html).includes('steal')
