"""A telecom in one quarter, in the files of the Telco churn sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from heedful.simulate.arrays import Flags, Floats, Texts, Whole
from heedful.simulate.draws import happens, pick, pick_index
from heedful.simulate.standins.columns import NOTHING, Columns, named, text

REASONS = (
    ("Competitor", "Competitor made better offer", 0.45),
    ("Attitude", "Attitude of support person", 0.17),
    ("Dissatisfaction", "Network reliability", 0.16),
    ("Price", "Price too high", 0.11),
    ("Other", "Moved", 0.11),
)


@dataclass(frozen=True)
class Customers:
    """One entry a customer."""

    key: Texts
    tenure: Whole  # in months
    contract: Whole  # month to month, one year, two years
    left: Flags
    monthly: Floats

    def __len__(self) -> int:
        return len(self.key)


def telco_churn(rng: np.random.Generator) -> Mapping[str, Columns]:
    """What each customer has, how satisfied they are, whether they left."""
    customers = draw_customers(rng, 2000)
    return {
        "telco_services": services(rng, customers),
        "telco_status": status(rng, customers),
        "telco_customer_churn": original(rng, customers),
    }


def draw_customers(rng: np.random.Generator, n: int) -> Customers:
    """Who is bound for longer leaves less often."""
    letters = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))[rng.integers(0, 26, (n, 5))]
    numbers = rng.permutation(10_000)[:n]
    tenure = np.clip(rng.gamma(1.2, 27, n).astype(np.int64), 1, 72)
    contract = pick_index(rng, (0.51, 0.22, 0.27), n)
    leaving = np.array([0.44, 0.11, 0.03])[contract] * np.where(tenure < 12, 1.25, 0.85)
    return Customers(
        key=np.array([f"{k:04}-{''.join(row)}" for k, row in zip(numbers, letters, strict=True)], dtype=object),
        tenure=tenure,
        contract=contract,
        left=happens(rng, leaving, n),
        monthly=np.asarray(np.round(np.clip(rng.normal(65, 30, n), 18.3, 118.7), 2), dtype=np.float64),
    )


def services(rng: np.random.Generator, customers: Customers) -> Columns:
    """What each customer has and pays."""
    n, tenure = len(customers), customers.tenure
    referrals = np.where(happens(rng, 0.45, n), rng.integers(1, 10, n), 0)
    distance = np.round(rng.uniform(0, 45, n), 2)
    charges = np.round(customers.monthly * tenure, 2)
    offers = any_of(rng, n, *(f"Offer {letter}" for letter in "ABCDE"))
    extras = (
        "Online Security", "Online Backup", "Device Protection Plan", "Premium Tech Support", "Streaming TV",
        "Streaming Movies", "Streaming Music", "Unlimited Data",
    )  # fmt: skip
    return {
        "Customer ID": text(customers.key),
        "Referred a Friend": text(np.where(referrals > 0, "Yes", "No").astype(object)),
        "Number of Referrals": pa.array(referrals),
        "Tenure in Months": pa.array(tenure),
        "Offer": text(np.where(happens(rng, 0.55, n), NOTHING, offers)),
        "Phone Service": text(pick(rng, ("Yes", "No"), (0.9, 0.1), n)),
        "Avg Monthly Long Distance Charges": pa.array(distance),
        "Multiple Lines": text(any_of(rng, n, "Yes", "No")),
        "Internet Service": text(pick(rng, ("Yes", "No"), (0.78, 0.22), n)),
        "Internet Type": text(any_of(rng, n, "Fiber Optic", "DSL", "Cable")),
        "Avg Monthly GB Download": pa.array(rng.integers(0, 80, n)),
        **{name: text(any_of(rng, n, "Yes", "No")) for name in extras},
        "Contract": text(named(("Month-to-Month", "One Year", "Two Year"), customers.contract)),
        "Paperless Billing": text(any_of(rng, n, "Yes", "No")),
        "Payment Method": text(pick(rng, ("Bank Withdrawal", "Credit Card", "Mailed Check"), (0.55, 0.39, 0.06), n)),
        "Monthly Charge": pa.array(customers.monthly),
        "Total Charges": pa.array(charges),
        "Total Refunds": pa.array(np.zeros(n)),
        "Total Extra Data Charges": pa.array(np.where(happens(rng, 0.1, n), rng.integers(1, 15, n) * 10, 0)),
        "Total Long Distance Charges": pa.array(np.round(distance * tenure, 2)),
        "Total Revenue": pa.array(np.round(charges + distance * tenure, 2)),
    }


def status(rng: np.random.Generator, customers: Customers) -> Columns:
    """How satisfied each is, and whether and why they left. As in the original, a score of 1 or 2 gives it away."""
    n, left = len(customers), customers.left
    unhappy, content = pick_index(rng, (0.48, 0.28, 0.24), n), pick_index(rng, (0.43, 0.35, 0.22), n)
    categories = tuple(category for category, _, _ in REASONS)
    reasons = tuple(reason for _, reason, _ in REASONS)
    shares = tuple(share for _, _, share in REASONS)
    why = pick_index(rng, shares, n)
    stage = np.where(left, "Churned", np.where(customers.tenure <= 3, "Joined", "Stayed")).astype(object)
    return {
        "Customer ID": text(customers.key),
        "Count": pa.array(np.ones(n, dtype=np.int64)),
        "Quarter": text(np.full(n, "Q3", dtype=object)),
        "Satisfaction Score": pa.array(np.where(left, 1 + unhappy, 3 + content)),
        "Customer Status": text(stage),
        "Churn Label": text(churned(customers)),
        "Churn Value": pa.array(left.astype(np.int64)),
        "Churn Score": pa.array(np.where(left, rng.integers(65, 97, n), rng.integers(5, 81, n))),
        "CLTV": pa.array(rng.integers(2000, 6501, n)),
        "Churn Category": text(np.where(left, named(categories, why), NOTHING)),
        "Churn Reason": text(np.where(left, named(reasons, why), NOTHING)),
    }


def original(rng: np.random.Generator, customers: Customers) -> Columns:
    """The table that IBM published first."""
    n = len(customers)
    extras = ("OnlineSecurity", "OnlineBackup", "DeviceProtection", "TechSupport", "StreamingTV", "StreamingMovies")
    methods = ("Electronic check", "Mailed check", "Bank transfer (automatic)", "Credit card (automatic)")
    return {
        "customerID": text(customers.key),
        "gender": text(any_of(rng, n, "Female", "Male")),
        "SeniorCitizen": pa.array(happens(rng, 0.16, n).astype(np.int64)),
        "Partner": text(any_of(rng, n, "Yes", "No")),
        "Dependents": text(pick(rng, ("Yes", "No"), (0.3, 0.7), n)),
        "tenure": pa.array(customers.tenure),
        "PhoneService": text(pick(rng, ("Yes", "No"), (0.9, 0.1), n)),
        "MultipleLines": text(any_of(rng, n, "Yes", "No", "No phone service")),
        "InternetService": text(pick(rng, ("Fiber optic", "DSL", "No"), (0.44, 0.34, 0.22), n)),
        **{name: text(any_of(rng, n, "Yes", "No", "No internet service")) for name in extras},
        "Contract": text(named(("Month-to-month", "One year", "Two year"), customers.contract)),
        "PaperlessBilling": text(any_of(rng, n, "Yes", "No")),
        "PaymentMethod": text(any_of(rng, n, *methods)),
        "MonthlyCharges": pa.array(customers.monthly),
        "TotalCharges": pa.array(np.round(customers.monthly * customers.tenure, 2)),
        "Churn": text(churned(customers)),
    }


def churned(customers: Customers) -> Texts:
    """Yes for those who left, No for the rest."""
    return np.where(customers.left, "Yes", "No").astype(object)


def any_of(rng: np.random.Generator, n: int, *options: str) -> Texts:
    """`n` of the `options`, all equally likely."""
    return pick(rng, options, np.full(len(options), 1 / len(options)), n)
