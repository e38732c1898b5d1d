"""FastAPI: takes predictions in as most would write it.

Parses and validates a JSON array, and answers when its events are committed in SQLite, each id once.
The file is named by the environment: INGEST_DATABASE.
"""

import json
import os
import sqlite3
import threading
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import FastAPI
from pydantic import BaseModel, Field

local = threading.local()


class Prediction(BaseModel):
    prediction_id: str = Field(min_length=1, max_length=512)
    timestamp: datetime
    features: dict[str, float]
    prediction: float


class Answer(BaseModel):
    accepted: int
    duplicates: int


def database():
    """This thread's connection; a commit returns when it is on the disk."""
    if not hasattr(local, "database"):
        local.database = sqlite3.connect(
            os.environ["INGEST_DATABASE"], timeout=60, isolation_level=None)
        local.database.execute("PRAGMA journal_mode = WAL")
        local.database.execute("PRAGMA synchronous = FULL")
    return local.database


@asynccontextmanager
async def lifespan(app):
    database().execute(
        "CREATE TABLE IF NOT EXISTS prediction (prediction_id TEXT PRIMARY KEY, timestamp TEXT NOT NULL,"
        " features TEXT NOT NULL, prediction REAL NOT NULL) WITHOUT ROWID")
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/predictions")
def take(events: list[Prediction]) -> Answer:
    rows = [
        (x.prediction_id, x.timestamp.isoformat(), json.dumps(x.features), x.prediction) for x in events
    ]
    connection = database()
    connection.execute("BEGIN IMMEDIATE")
    try:
        accepted = connection.executemany(
            "INSERT OR IGNORE INTO prediction VALUES (?, ?, ?, ?)", rows).rowcount
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return Answer(accepted=accepted, duplicates=len(rows) - accepted)
