import { forMoleculer, type ReplCommand } from "./command";
import { deadLetterCommands } from "./dead-letters";
import { outboxCommands } from "./outboxes";
import { sagaCommands } from "./sagas";

/** What the operator's console knows beside Moleculer's own commands; one file below this folder for each idea. */
export const replCommands: readonly ReplCommand[] = [...deadLetterCommands, ...outboxCommands, ...sagaCommands];

/** As moleculer-repl takes them. */
export const customCommands = replCommands.map((command) => forMoleculer(command));
