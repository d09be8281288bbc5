/** The name at which hosts reach RabbitMQ: amqp://rabbitmq.sim */
export const RABBITMQ = "rabbitmq.sim";

/** The name under which hosts are cut off from PostgreSQL. */
export const POSTGRES = "postgres";
