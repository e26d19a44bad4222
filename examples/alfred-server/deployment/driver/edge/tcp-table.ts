/** A connection of /proc/net/tcp or tcp6. */
export interface TcpConnection {
  /** As in the table: hexadecimal, in the byte order of the machine. */
  readonly remoteAddress: string
  readonly remotePort: number
  readonly inode: string
}

const established = '01'

/** Reads the established connections of one or more tables, headings included. */
export function readTcpTable(text: string): readonly TcpConnection[] {
  return text.split('\n').flatMap((line) => {
    const [, , remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/)
    const [address = '', port = ''] = remote.split(':')
    if (state !== established || port === '') return []
    return [{ remoteAddress: address, remotePort: Number.parseInt(port, 16), inode }]
  })
}

/** How an IPv4 address stands in the table of a little-endian machine, and mapped in tcp6. */
export function tableAddresses(ipv4: string): readonly string[] {
  const hex = ipv4
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .reverse()
    .join('')
    .toUpperCase()
  return [hex, `0000000000000000FFFF0000${hex}`]
}
