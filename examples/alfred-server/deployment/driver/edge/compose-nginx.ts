import type { ComposeCommand } from '../backend/compose-command.ts'
import type { NginxControl } from './nginx-edge.ts'
import { readTcpTable, tableAddresses } from './tcp-table.ts'

/** As in the compose file. */
const nginx = ['nginx', '-p', '/var/cache/nginx', '-c', '/etc/alfred/nginx.conf']

/** The nginx of the compose file. */
export function createComposeNginx({ compose, docker }: ComposeCommand): NginxControl {
  const inNginx = (args: readonly string[], signal: AbortSignal): Promise<string> =>
    compose(['exec', '-T', 'nginx', ...args], signal)

  return {
    async test(signal) {
      await inNginx([...nginx, '-t', '-q'], signal)
    },
    async reload(signal) {
      await inNginx([...nginx, '-s', 'reload'], signal)
    },
    generations: (count, signal) => {
      const address = 'http://127.0.0.1:8081/edge/generation'
      // One process for all of them: each start in a container takes long.
      const curl = ['curl', '-fsS', '--max-time', '2', '-H', 'Connection: close', '-w', '\\n']
      return inNginx([...curl, ...Array.from({ length: count }, () => address)], signal).then(
        (bodies) => bodies.split('\n').filter(Boolean),
        () => [],
      )
    },
    async connections({ address }, signal) {
      const [service = '', port = ''] = address.split(':')
      const container = (await compose(['ps', '--quiet', service], signal)).trim()
      if (container === '') return 0
      const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'
      const addresses = await docker(['inspect', '--format', format, container], signal)
      const known = new Set(addresses.trim().split(/\s+/).flatMap(tableAddresses))
      const tables = await inNginx(['sh', '-c', 'cat /proc/net/tcp /proc/net/tcp6 2>/dev/null'], signal)
      return readTcpTable(tables).filter(
        ({ remoteAddress, remotePort }) => remotePort === Number(port) && known.has(remoteAddress),
      ).length
    },
  }
}
