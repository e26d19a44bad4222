/** Tests of Express that do not pass with the guard in every application, and why that is meant. */
export const explainedTests: Readonly<Record<string, string>> = {
  'HEAD should output the same headers as GET requests': 'the request id differs from answer to answer',
  'express.json() with type option when "application/vnd.api+json" should ignore standard type':
    'the guard has parsed the JSON that this parser was told to ignore',
  'express.json() with verify option should 415 on unknown charset prior to verify':
    'what the guard cannot decode it refuses itself, with 415 too',
  'express.json() encoding should 415 on unknown encoding':
    'what the guard cannot undo it refuses itself, with 415 too',
  'res .jsonp(object) should not override previous Content-Types with no callback':
    'X-Content-Type-Options is sent with every answer',
  'res when accepting html should escape the url': 'the test sends a URL as Host, which is refused',
  'res when accepting html should not render evil javascript links in anchor href (prevent XSS)':
    'the test sends a URL as Host, which is refused',
  'res when accepting text should encode the url': 'the test sends a URL as Host, which is refused',
}
