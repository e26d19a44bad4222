/** Whether a value is a stand-in: few different characters, or words that documentation uses. */
export function isPlaceholder(value: string): boolean {
  if (new Set(value).size < Math.min(10, value.length / 3)) return true
  const lower = value.toLowerCase()
  return ['example', 'xxxx', 'your', 'redacted', '1234567890', 'abcdef', 'placeholder'].some((word) =>
    lower.includes(word),
  )
}

const passwordStandIns = new Set([
  'password',
  'pass',
  'pwd',
  'secret',
  'user',
  'postgres',
  'root',
  'admin',
  'changeme',
  'example',
  'test',
])

/** Whether a password is a stand-in: a usual one, a variable, or a placeholder. */
export const isStandIn = (password: string): boolean =>
  passwordStandIns.has(password.toLowerCase()) ||
  '$<{*%'.includes(password.charAt(0)) ||
  isPlaceholder(password)
