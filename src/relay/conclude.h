/*
 * Outcomes: one per recipient, each with its line in the log; and the conclusion of a job, sent to queue once, when
 * its last recipient has one.
 */
#ifndef RELAY_CONCLUDE_H
#define RELAY_CONCLUDE_H

#include "relay/delivery.h"
#include "relay/failure.h"

/* The recipient failed, or has to wait; client (NULL = none was reached) says where. */
void conclude_failed(struct delivery *delivery, uint32_t recipient, const struct client *client, const struct failure *failure);

/* The same for every recipient that has no outcome yet. */
void conclude_rest_failed(struct delivery *delivery, const struct client *client, const struct failure *failure);

/* The next hop took responsibility for the recipient. */
void conclude_delivered(struct delivery *delivery, uint32_t recipient, const struct client *client, const struct reply *reply);

/* Tell queue when every recipient has its outcome; the delivery is gone then: returns true, *delivery is NULL. */
bool conclude_if_done(struct delivery **delivery);

#endif
