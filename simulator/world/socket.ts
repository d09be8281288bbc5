import { Duplex } from "node:stream";

/** Hears what a program does with its end, for the network. */
export interface Ends {
	write(bytes: Buffer): void;
	ended(): void;
	destroyed(): void;
}

/** What of net.Socket a client of a server uses. */
export class SimulatedSocket extends Duplex {
	bytesRead = 0;
	private readonly ends: Ends;
	private silence: { ms: number; timer: NodeJS.Timeout } | undefined;

	constructor(ends: Ends) {
		super({ allowHalfOpen: false });
		this.ends = ends;
	}

	arrived(bytes: Buffer): void {
		this.bytesRead += bytes.length;
		this.silence?.timer.refresh();
		this.push(bytes);
	}

	override _read(): void {
		// What arrives is pushed.
	}

	override _write(bytes: Buffer, _encoding: string, done: () => void): void {
		this.silence?.timer.refresh();
		this.ends.write(bytes);
		done();
	}

	override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
		this.silence?.timer.refresh();
		this.ends.write(Buffer.concat(chunks.map(({ chunk }) => chunk)));
		done();
	}

	override _final(done: () => void): void {
		this.ends.ended();
		done();
	}

	override _destroy(error: Error | null, done: (error: Error | null) => void): void {
		clearTimeout(this.silence?.timer);
		this.ends.destroyed();
		done(error);
	}

	/** As net.Socket's: tells when nothing has come for so long; 0 means never. */
	setTimeout(ms: number, listener?: () => void): this {
		clearTimeout(this.silence?.timer);
		this.silence = ms > 0 ? { ms, timer: setTimeout(() => this.emit("timeout"), ms) } : undefined;
		if (listener) this.once("timeout", listener);
		return this;
	}

	setNoDelay(): this {
		return this;
	}

	setKeepAlive(): this {
		return this;
	}
}
