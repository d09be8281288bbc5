/** Given at each start, so that an older data directory gets today's. Everything else is in its postgresql.conf. */
export function serverSettings(port: number): Record<string, string | number> {
	return {
		listen_addresses: "127.0.0.1",
		port,
		// A socket file has a path limit of 107 characters, and outlives a kill -9.
		unix_socket_directories: "",
		max_connections: 100,
		// An order that was accepted is on the disk.
		fsync: "on",
		synchronous_commit: "on",
		full_page_writes: "on",
		// A laptop's share: the server is one program among many.
		shared_buffers: "128MB",
		work_mem: "8MB",
		maintenance_work_mem: "64MB",
		effective_cache_size: "1GB",
		max_wal_size: "1GB",
		// Compiling pays for queries of seconds; ours take milliseconds.
		jit: "off",
		TimeZone: "UTC",
		log_timezone: "UTC",
		lc_messages: "C",
		logging_collector: "off",
		log_destination: "stderr",
		log_line_prefix: "%m [%p] ",
		// Statements and details of errors hold names, addresses and keys. The client gets them; the log must not.
		log_min_error_statement: "panic",
		log_error_verbosity: "terse",
	};
}
