/** The methods that are kept apart: RFC 9110 section 9 and RFC 5789. Clients may invent others. */
export const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'CONNECT',
  'TRACE',
] as const
