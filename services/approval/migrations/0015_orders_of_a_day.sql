-- What a person asked for on one day in one currency is added up when people are asked about the next order, where the
-- policy says so: the requests of a day in a currency, the maker among them.
CREATE INDEX queue_of_a_day ON approval.queue ((request -> 'judged' ->> 'currency'), requested_at);
