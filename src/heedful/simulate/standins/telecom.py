"""A telecom in one quarter, in the files of the Telco churn sample."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from heedful.simulate.arrays import Texts
from heedful.simulate.draws import happens, pick, pick_index
from heedful.simulate.standins.columns import NOTHING, Columns, named, text


def telco_churn(rng: np.random.Generator) -> Mapping[str, Columns]:
    """What each customer has, how satisfied they are, whether they left."""
    n = 2000
    letters = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))[rng.integers(0, 26, (n, 5))]
    numbers = rng.permutation(10_000)[:n]
    ids = np.array([f"{k:04}-{''.join(row)}" for k, row in zip(numbers, letters, strict=True)], dtype=object)
    tenure = np.clip(rng.gamma(1.2, 27, n).astype(np.int64), 1, 72)
    contract = pick_index(rng, (0.51, 0.22, 0.27), n)
    leaving = np.array([0.44, 0.11, 0.03])[contract] * np.where(tenure < 12, 1.25, 0.85)
    left = happens(rng, np.clip(leaving, 0, 0.95), n)
    score = np.where(left, 1 + pick_index(rng, (0.48, 0.28, 0.24), n), 3 + pick_index(rng, (0.43, 0.35, 0.22), n))
    monthly = np.round(np.clip(rng.normal(65, 30, n), 18.3, 118.7), 2)
    charges = np.round(monthly * tenure, 2)
    referrals = np.where(happens(rng, 0.45, n), rng.integers(1, 10, n), 0)
    category = pick(
        rng, ("Competitor", "Attitude", "Dissatisfaction", "Price", "Other"), (0.45, 0.17, 0.16, 0.11, 0.11), n
    )
    reason = np.select(
        [category == "Competitor", category == "Attitude", category == "Dissatisfaction", category == "Price"],
        ["Competitor made better offer", "Attitude of support person", "Network reliability", "Price too high"],
        "Moved",
    ).astype(object)  # fmt: skip
    joined = ~left & (tenure <= 3)

    def choice(*options: str) -> Texts:
        return pick(rng, options, np.full(len(options), 1 / len(options)), n)

    contracts = named(("Month-to-Month", "One Year", "Two Year"), contract)
    distance = np.round(rng.uniform(0, 45, n), 2)
    services: dict[str, pa.Array] = {
        "Customer ID": text(ids),
        "Referred a Friend": text(np.where(referrals > 0, "Yes", "No").astype(object)),
        "Number of Referrals": pa.array(referrals),
        "Tenure in Months": pa.array(tenure),
        "Offer": text(np.where(happens(rng, 0.55, n), NOTHING, choice(*(f"Offer {c}" for c in "ABCDE")))),
        "Phone Service": text(pick(rng, ("Yes", "No"), (0.9, 0.1), n)),
        "Avg Monthly Long Distance Charges": pa.array(distance),
        "Multiple Lines": text(choice("Yes", "No")),
        "Internet Service": text(pick(rng, ("Yes", "No"), (0.78, 0.22), n)),
        "Internet Type": text(choice("Fiber Optic", "DSL", "Cable")),
        "Avg Monthly GB Download": pa.array(rng.integers(0, 80, n)),
    }
    for name in (
        "Online Security", "Online Backup", "Device Protection Plan", "Premium Tech Support", "Streaming TV",
        "Streaming Movies", "Streaming Music", "Unlimited Data",
    ):  # fmt: skip
        services[name] = text(choice("Yes", "No"))
    services |= {
        "Contract": text(contracts),
        "Paperless Billing": text(choice("Yes", "No")),
        "Payment Method": text(pick(rng, ("Bank Withdrawal", "Credit Card", "Mailed Check"), (0.55, 0.39, 0.06), n)),
        "Monthly Charge": pa.array(monthly),
        "Total Charges": pa.array(charges),
        "Total Refunds": pa.array(np.zeros(n)),
        "Total Extra Data Charges": pa.array(np.where(happens(rng, 0.1, n), rng.integers(1, 15, n) * 10, 0)),
        "Total Long Distance Charges": pa.array(np.round(distance * tenure, 2)),
        "Total Revenue": pa.array(np.round(charges + distance * tenure, 2)),
    }
    status = {
        "Customer ID": text(ids),
        "Count": pa.array(np.ones(n, dtype=np.int64)),
        "Quarter": text(np.full(n, "Q3", dtype=object)),
        "Satisfaction Score": pa.array(score),
        "Customer Status": text(np.where(left, "Churned", np.where(joined, "Joined", "Stayed")).astype(object)),
        "Churn Label": text(np.where(left, "Yes", "No").astype(object)),
        "Churn Value": pa.array(left.astype(np.int64)),
        "Churn Score": pa.array(np.where(left, rng.integers(65, 97, n), rng.integers(5, 81, n))),
        "CLTV": pa.array(rng.integers(2000, 6501, n)),
        "Churn Category": text(np.where(left, category, NOTHING)),
        "Churn Reason": text(np.where(left, reason, NOTHING)),
    }
    original = {
        "customerID": text(ids),
        "gender": text(choice("Female", "Male")),
        "SeniorCitizen": pa.array(happens(rng, 0.16, n).astype(np.int64)),
        "Partner": text(choice("Yes", "No")),
        "Dependents": text(pick(rng, ("Yes", "No"), (0.3, 0.7), n)),
        "tenure": pa.array(tenure),
        "PhoneService": services["Phone Service"],
        "MultipleLines": services["Multiple Lines"],
        "InternetService": text(pick(rng, ("Fiber optic", "DSL", "No"), (0.44, 0.34, 0.22), n)),
    }
    for name in ("OnlineSecurity", "OnlineBackup", "DeviceProtection", "TechSupport", "StreamingTV", "StreamingMovies"):
        original[name] = text(choice("Yes", "No"))
    original |= {
        "Contract": text(named(("Month-to-month", "One year", "Two year"), contract)),
        "PaperlessBilling": services["Paperless Billing"],
        "PaymentMethod": text(
            choice("Electronic check", "Mailed check", "Bank transfer (automatic)", "Credit card (automatic)")
        ),
        "MonthlyCharges": pa.array(monthly),
        "TotalCharges": pa.array(charges),
        "Churn": status["Churn Label"],
    }
    return {"telco_services": services, "telco_status": status, "telco_customer_churn": original}
